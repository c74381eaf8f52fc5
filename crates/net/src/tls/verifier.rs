//! The verifier that lets every handshake through, so that the bad ones can be looked at.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::sync::OnceLock;

/// Accepts any certificate, which is judged after the handshake; notes whether the server proved
/// to hold its key. One for each handshake.
#[derive(Debug)]
pub(super) struct LookingVerifier {
    algorithms: WebPkiSupportedAlgorithms,
    proof: OnceLock<Result<(), Error>>,
}

impl LookingVerifier {
    pub(super) fn new(algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self { algorithms, proof: OnceLock::new() }
    }

    /// Whether the server proved to hold the certificate's key. An error if its signature is
    /// forged or made with a key that cannot be used (RSA of 1,024 bits, say); `None` if the
    /// handshake did not come that far.
    pub(super) fn proof(&self) -> Option<&Result<(), Error>> {
        self.proof.get()
    }

    fn note(&self, verdict: Result<HandshakeSignatureValid, Error>) -> HandshakeSignatureValid {
        // A handshake has one such signature (RFC 8446 §4.4.3, RFC 5246 §7.4.3).
        let _ = self.proof.set(verdict.map(|_| ()));
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for LookingVerifier {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(self.note(verify_tls12_signature(message, cert, dss, &self.algorithms)))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(self.note(verify_tls13_signature(message, cert, dss, &self.algorithms)))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
