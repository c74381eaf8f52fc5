//! Proving to a CA that a name is ours (RFC 8555 §7.5.1, §8; RFC 8737).

use super::ChallengeKind;
use super::care::Care;
use super::failure::Failure;
use instant_acme::{
    AuthorizationState, AuthorizationStatus, ChallengeStatus, ChallengeType, KeyAuthorization,
    Order,
};
use ironpost_store::StoreError;
use ironpost_store::hosting::Seq;
use ironpost_store::hosting::challenges::Challenge;
use ironpost_store::hosting::nodes::Node;
use std::time::Duration;
use tokio::time::{Instant, sleep};

impl Care<'_> {
    /// Answers what is still to be proven, and tells the CA once every live node does. What was
    /// told before is left alone.
    pub(super) async fn prove(&self, order: &mut Order) -> Result<(), Failure> {
        let kind = self.acme.inner.settings.challenge;
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            match authorization.status {
                AuthorizationStatus::Pending => {}
                AuthorizationStatus::Valid => continue,
                AuthorizationStatus::Invalid
                | AuthorizationStatus::Revoked
                | AuthorizationStatus::Expired
                | AuthorizationStatus::Deactivated => return Err(unproven(&authorization)),
            }
            let challenge = authorization.challenge(kind.of_library());
            let mut challenge = challenge.ok_or(Failure::NotOffered { wanted: kind.as_str() })?;
            match challenge.status {
                ChallengeStatus::Pending => {
                    let answer = answer(kind, &challenge.token, &challenge.key_authorization())?;
                    self.show(&answer).await?;
                    challenge.set_ready().await?;
                }
                ChallengeStatus::Processing | ChallengeStatus::Valid => {}
                ChallengeStatus::Invalid => {
                    return Err(Failure::unproven(challenge.error.as_ref()));
                }
            }
        }
        Ok(())
    }

    /// Why an order came to nothing.
    pub(super) async fn end(&self, order: &mut Order) -> Failure {
        if let Some(problem) = &order.state().error {
            return Failure::unproven(Some(problem));
        }
        let mut authorizations = order.authorizations();
        while let Some(Ok(authorization)) = authorizations.next().await {
            if authorization.status != AuthorizationStatus::Valid {
                return unproven(&authorization);
            }
        }
        Failure::unproven(None)
    }

    /// Hands an answer to all nodes and waits until those that live have it.
    async fn show(&self, answer: &Challenge) -> Result<(), StoreError> {
        let expires = self.now().after(KEPT);
        let seq = self.acme.database.put_challenge(self.hosted.id, answer, expires).await?;
        let end = Instant::now() + AGREEMENT;
        let mut pause = FIRST_PAUSE;
        while !self.is_everywhere(seq).await? {
            // A node that does not come along may not be the one that is asked.
            if Instant::now() + pause > end {
                tracing::warn!(domain = %self.hosted.name, "not every node shows the proof yet");
                break;
            }
            sleep(pause).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
        Ok(())
    }

    async fn is_everywhere(&self, seq: Seq) -> Result<bool, StoreError> {
        let now = self.now();
        let nodes = self.acme.database.nodes().await?;
        let answers = |node: &&Node| {
            node.is_live(now)
                && node.roles.split(',').any(|role| matches!(role.trim(), "policy" | "dns"))
        };
        // Where nobody lives nobody answers: one that was silent for long may be back in a moment.
        let mut answering = nodes.iter().filter(answers).peekable();
        Ok(answering.peek().is_some() && answering.all(|node| node.seen >= seq))
    }
}

impl ChallengeKind {
    fn of_library(self) -> ChallengeType {
        match self {
            Self::Http01 => ChallengeType::Http01,
            Self::TlsAlpn01 => ChallengeType::TlsAlpn01,
            Self::Dns01 => ChallengeType::Dns01,
        }
    }
}

fn answer(kind: ChallengeKind, token: &str, key: &KeyAuthorization) -> Result<Challenge, Failure> {
    // RFC 8555 §8.3: base64url. It becomes part of a path.
    let is_base64url = |octet: u8| octet.is_ascii_alphanumeric() || b"-_".contains(&octet);
    if !(1..=MAX_TOKEN).contains(&token.len()) || !token.bytes().all(is_base64url) {
        return Err(Failure::nonsense("a token that is not base64url"));
    }
    Ok(match kind {
        ChallengeKind::Http01 => {
            Challenge::Http { token: token.to_owned(), answer: key.as_str().to_owned() }
        }
        ChallengeKind::Dns01 => Challenge::Dns { value: key.dns_value() },
        ChallengeKind::TlsAlpn01 => {
            let digest = key.digest().as_ref().try_into();
            Challenge::Alpn { digest: digest.map_err(|_| Failure::local("a digest of SHA-256"))? }
        }
    })
}

/// What the CA says of an authorization that came to nothing.
fn unproven(authorization: &AuthorizationState) -> Failure {
    let error = authorization.challenges.iter().find_map(|challenge| challenge.error.as_ref());
    Failure::unproven(error)
}

/// How long nodes show an answer. CAs look within minutes.
const KEPT: Duration = Duration::from_hours(1);
/// How long nodes are waited for. Own limit: a change reaches them within a second.
const AGREEMENT: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const MAX_PAUSE: Duration = Duration::from_millis(500);
/// Own limit; Let's Encrypt's have 43.
const MAX_TOKEN: usize = 256;
