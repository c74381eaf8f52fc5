//! Where requests are answered (RFC 8555 §7).

use super::fault::{AcmeFault, Outage};
use super::http::{Request, Response};
use super::jws::{Jwk, Signed};
use super::ledger::{Kind, Ledger, Order, Proof, Status};
use super::{AcmeCaOptions, prove, server};
use crate::certificates::Authority;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

pub(super) struct Desk {
    pub(super) options: AcmeCaOptions,
    pub(super) address: SocketAddr,
    pub(super) authority: Arc<Authority>,
    pub(super) outage: watch::Sender<Option<Outage>>,
    ledger: Mutex<Ledger>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("address", &self.address).finish_non_exhaustive()
    }
}

/// What an account asks for.
struct Asked<'a> {
    account: u64,
    payload: &'a [u8],
}

impl Desk {
    pub(super) fn new(
        options: AcmeCaOptions,
        address: SocketAddr,
        authority: Arc<Authority>,
    ) -> Self {
        let outage = watch::Sender::new(None);
        Self { options, address, authority, outage, ledger: Mutex::default() }
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.options.clock)()
    }

    pub(super) fn url(&self, path: &str) -> String {
        server::url(self.address, path)
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&mut Ledger) -> T) -> T {
        look(&mut self.ledger.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn answer(self: &Arc<Self>, request: &Request) -> Response {
        self.with(|ledger| {
            ledger.requests.push(format!("{} /{}", request.method, request.path));
            let nonce = format!("nonce{}", ledger.number());
            ledger.nonces.insert(nonce.clone());
            self.route(ledger, request).with("Replay-Nonce", nonce)
        })
    }

    fn route(self: &Arc<Self>, ledger: &mut Ledger, request: &Request) -> Response {
        match (request.method.as_str(), request.path.split_once('/')) {
            ("GET", None) if request.path == "directory" => self.directory(),
            ("HEAD" | "GET", None) if request.path == "nonce" => Response::plain(200, ""),
            ("GET", Some(("renewal", identifier))) => self.renewal(ledger, identifier),
            ("POST", _) => match self.signed(ledger, request) {
                Ok(signed) if request.path == "account" => self.account(ledger, &signed),
                Ok(signed) => self.of_account(ledger, &request.path, &signed),
                Err(refusal) => refusal,
            },
            _ => Response::problem(404, "malformed", "there is nothing here"),
        }
    }

    fn directory(&self) -> Response {
        let mut directory = json!({
            "newNonce": self.url("nonce"),
            "newAccount": self.url("account"),
            "newOrder": self.url("order"),
            "meta": {
                "caaIdentities": ["ca.lab.example"],
                "externalAccountRequired": !self.options.bindings.is_empty(),
            },
        });
        if self.options.terms {
            directory["meta"]["termsOfService"] = json!("https://ca.lab.example/terms");
        }
        if self.options.renewal_info {
            directory["renewalInfo"] = json!(self.url("renewal"));
        }
        Response::json(200, &directory)
    }

    /// RFC 8555 §6.2 to §6.5: signed, for this place, with a nonce that was not used before.
    fn signed(&self, ledger: &mut Ledger, request: &Request) -> Result<Signed, Response> {
        let malformed = |detail| Response::problem(400, "malformed", detail);
        let signed = Signed::read(&request.body).ok_or_else(|| malformed("no signed request"))?;
        if signed.header.url != self.url(&request.path) {
            return Err(malformed("signed for another place"));
        }
        let known = signed.header.nonce.as_ref().is_some_and(|nonce| ledger.nonces.remove(nonce));
        if !known || ledger.fault(|fault| *fault == AcmeFault::BadNonce).is_some() {
            return Err(Response::problem(400, "badNonce", "that nonce is not good"));
        }
        Ok(signed)
    }

    /// RFC 8555 §7.3.
    fn account(&self, ledger: &mut Ledger, signed: &Signed) -> Response {
        let Some(key) = signed.header.jwk.as_ref().filter(|key| signed.is_by(key)) else {
            return Response::problem(400, "malformed", "not signed by its key");
        };
        if let Some((number, _)) = ledger.accounts.iter().find(|(_, known)| *known == key) {
            return self.shown_account(200, *number);
        }
        let payload: Value = serde_json::from_slice(&signed.payload).unwrap_or_default();
        if payload["onlyReturnExisting"] == json!(true) {
            return Response::problem(400, "accountDoesNotExist", "no account has that key");
        }
        if self.options.terms && payload["termsOfServiceAgreed"] != json!(true) {
            return Response::problem(403, "userActionRequired", "the terms are not agreed to");
        }
        if !self.options.bindings.is_empty() && !self.is_bound(&payload, key) {
            return Response::problem(401, "externalAccountRequired", "not bound to an account");
        }
        let number = ledger.number();
        ledger.accounts.insert(number, key.clone());
        self.shown_account(201, number)
    }

    fn shown_account(&self, status: u16, number: u64) -> Response {
        Response::json(status, &json!({ "status": "valid" }))
            .with("Location", self.url(&format!("acct/{number}")))
    }

    /// RFC 8555 §7.3.4.
    fn is_bound(&self, payload: &Value, key: &Jwk) -> bool {
        let binding = payload["externalAccountBinding"].to_string();
        let Some(binding) = Signed::read(binding.as_bytes()) else { return false };
        let known = self.options.bindings.iter();
        let mut known = known.filter(|known| Some(&known.kid) == binding.header.kid.as_ref());
        let bound: Option<Jwk> = serde_json::from_slice(&binding.payload).ok();
        binding.header.url == self.url("account")
            && bound.as_ref() == Some(key)
            && known.any(|known| binding.is_by_secret(&known.key))
    }

    fn of_account(self: &Arc<Self>, ledger: &mut Ledger, path: &str, signed: &Signed) -> Response {
        let number = signed.header.kid.as_deref().and_then(|kid| {
            kid.strip_prefix(&self.url("acct/")).and_then(|number| number.parse::<u64>().ok())
        });
        let account = number.and_then(|number| Some((number, ledger.accounts.get(&number)?)));
        let Some((account, key)) = account else {
            return Response::problem(400, "accountDoesNotExist", "no such account");
        };
        if !signed.is_by(key) {
            return Response::problem(403, "unauthorized", "not signed by the account");
        }
        let asked = Asked { account, payload: &signed.payload };
        if path == "order" {
            return self.new_order(ledger, &asked);
        }
        let mut parts = path.split('/');
        let place = parts.next().unwrap_or_default();
        let number = parts.next().and_then(|number| number.parse::<u64>().ok()).unwrap_or_default();
        if ledger.orders.get(&number).is_none_or(|order| order.account != account) {
            return Response::problem(404, "malformed", "no such thing");
        }
        match (place, parts.next()) {
            ("order", None) => self.order(ledger, number, 200),
            ("authz", None) => self.authorization(ledger, number),
            ("chall", Some(kind)) => self.challenge(ledger, number, kind, &asked),
            ("finalize", None) => self.finalize(ledger, number, &asked),
            ("cert", None) => match ledger.orders.get(&number).and_then(|o| o.certificate.as_ref())
            {
                Some(issued) => Response::pem(&issued.pem),
                None => Response::problem(404, "malformed", "not issued yet"),
            },
            _ => Response::problem(404, "malformed", "there is nothing here"),
        }
    }

    /// RFC 8555 §7.4, RFC 9773 §5.
    fn new_order(&self, ledger: &mut Ledger, asked: &Asked<'_>) -> Response {
        let limited = ledger.fault(|fault| matches!(fault, AcmeFault::RateLimited { .. }));
        if let Some(AcmeFault::RateLimited { retry_after, detail }) = limited {
            return Response::problem(429, "rateLimited", &detail).after(retry_after);
        }
        let payload: Value = serde_json::from_slice(asked.payload).unwrap_or_default();
        let identifiers = payload["identifiers"].as_array().cloned().unwrap_or_default();
        let [Value::Object(identifier)] = identifiers.as_slice() else {
            return Response::problem(400, "malformed", "one name is expected");
        };
        let name = identifier.get("value").and_then(Value::as_str).unwrap_or_default().to_owned();
        let replaces = payload["replaces"].as_str().map(str::to_owned);
        if let Some(replaced) = &replaces {
            let known = ledger.orders.values().any(|order| {
                order.certificate.as_ref().is_some_and(|issued| issued.identifier == *replaced)
            });
            if !known {
                return Response::problem(404, "malformed", "nothing that could be replaced");
            }
            let scripted = ledger.fault(|fault| *fault == AcmeFault::AlreadyReplaced).is_some();
            if scripted || ledger.replaced.contains(replaced) {
                return Response::problem(409, "alreadyReplaced", "it is replaced already");
            }
        }
        let open = |order: &Order| matches!(order.status, Status::Pending | Status::Ready);
        let again = ledger.orders.iter().find(|(_, order)| {
            self.options.gives_pending_orders_again
                && order.account == asked.account
                && order.name == name
                && order.replaces == replaces
                && open(order)
        });
        if let Some(number) = again.map(|(number, _)| *number) {
            return self.order(ledger, number, 201);
        }
        let number = ledger.number();
        let order = Order {
            account: asked.account,
            name,
            replaces,
            status: Status::Pending,
            token: format!("token-{number}"),
            chosen: None,
            proof: Proof::Pending,
            certificate: None,
        };
        ledger.orders.insert(number, order);
        self.order(ledger, number, 201)
    }

    fn order(&self, ledger: &mut Ledger, number: u64, status: u16) -> Response {
        let no_json = ledger.fault(|fault| *fault == AcmeFault::NoJson).is_some();
        let Some(order) = ledger.orders.get_mut(&number) else {
            return Response::problem(404, "malformed", "no such order");
        };
        let location = self.url(&format!("order/{number}"));
        if no_json {
            let page = "<html>We are working on it.</html>";
            return Response::plain(status, page).with("Location", location);
        }
        order.status = match order.status {
            Status::Processing(0) => Status::Valid,
            Status::Processing(looks) => Status::Processing(looks - 1),
            other => other,
        };
        let mut shown = json!({
            "status": order.status.as_str(),
            "identifiers": [{ "type": "dns", "value": order.name }],
            "authorizations": [self.url(&format!("authz/{number}"))],
            "finalize": self.url(&format!("finalize/{number}")),
        });
        if let Some(replaced) = &order.replaces {
            shown["replaces"] = json!(replaced);
        }
        if order.status == Status::Valid {
            shown["certificate"] = json!(self.url(&format!("cert/{number}")));
        }
        if order.status == Status::Valid
            && let Some(replaced) = order.replaces.clone()
            && !ledger.replaced.contains(&replaced)
        {
            ledger.replaced.push(replaced);
        }
        Response::json(status, &shown).with("Location", location)
    }

    /// RFC 8555 §7.5.
    fn authorization(&self, ledger: &Ledger, number: u64) -> Response {
        let Some(order) = ledger.orders.get(&number) else {
            return Response::problem(404, "malformed", "no such authorization");
        };
        let status = match order.proof {
            Proof::Pending | Proof::Processing => "pending",
            Proof::Valid => "valid",
            Proof::Invalid(_) => "invalid",
        };
        let challenges: Vec<_> =
            Kind::ALL.into_iter().map(|kind| self.shown_challenge(number, order, kind)).collect();
        let shown = json!({
            "identifier": { "type": "dns", "value": order.name },
            "status": status,
            "challenges": challenges,
        });
        Response::json(200, &shown)
    }

    fn shown_challenge(&self, number: u64, order: &Order, kind: Kind) -> Value {
        let chosen = order.chosen == Some(kind);
        let mut shown = json!({
            "type": kind.as_str(),
            "url": self.url(&format!("chall/{number}/{}", kind.as_str())),
            "token": order.token,
            "status": if chosen { order.proof.as_str() } else { "pending" },
        });
        if let (true, Proof::Invalid(problem)) = (chosen, &order.proof) {
            shown["error"] = problem.clone();
        }
        shown
    }

    /// RFC 8555 §7.5.1.
    fn challenge(
        self: &Arc<Self>,
        ledger: &mut Ledger,
        number: u64,
        kind: &str,
        asked: &Asked<'_>,
    ) -> Response {
        let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind);
        let refuted = ledger.fault(|fault| matches!(fault, AcmeFault::Refuted { .. }));
        let thumbprint = ledger.accounts.get(&asked.account).map(Jwk::thumbprint);
        let (Some(order), Some(kind), Some(thumbprint)) =
            (ledger.orders.get_mut(&number), kind, thumbprint)
        else {
            return Response::problem(404, "malformed", "no such challenge");
        };
        if !asked.payload.is_empty() && order.proof == Proof::Pending {
            order.chosen = Some(kind);
            order.proof = Proof::Processing;
            let proof = prove::Wanted {
                kind,
                name: order.name.clone(),
                token: order.token.clone(),
                answer: format!("{}.{thumbprint}", order.token),
            };
            let desk = Arc::clone(self);
            tokio::spawn(async move {
                let outcome = match refuted {
                    Some(AcmeFault::Refuted { problem }) => {
                        Err((problem, "refuted by command".to_owned()))
                    }
                    _ => proof.look(&desk.options).await,
                };
                desk.with(|ledger| ledger.proven(number, outcome));
            });
        }
        Response::json(200, &self.shown_challenge(number, order, kind))
    }

    /// RFC 8555 §7.4.
    fn finalize(&self, ledger: &mut Ledger, number: u64, asked: &Asked<'_>) -> Response {
        let spoilt = ledger.fault(|fault| {
            matches!(fault, AcmeFault::WrongName | AcmeFault::HugeChain | AcmeFault::Expired)
        });
        let slow = ledger.fault(|fault| matches!(fault, AcmeFault::Processing { .. }));
        let Some(order) = ledger.orders.get_mut(&number) else {
            return Response::problem(404, "malformed", "no such order");
        };
        if order.status != Status::Ready {
            return Response::problem(403, "orderNotReady", "it is not ready");
        }
        let payload: Value = serde_json::from_slice(asked.payload).unwrap_or_default();
        let request = payload["csr"].as_str().and_then(super::jws::decode).unwrap_or_default();
        match self.issue(&order.name, request, spoilt.as_ref()) {
            Ok(issued) => order.certificate = Some(issued),
            Err(error) => return Response::problem(400, "badCSR", &error.to_string()),
        }
        order.status = match slow {
            Some(AcmeFault::Processing { looks }) => Status::Processing(looks.saturating_add(1)),
            _ => Status::Valid,
        };
        self.order(ledger, number, 200)
    }

    /// RFC 9773 §4.2.
    fn renewal(&self, ledger: &mut Ledger, identifier: &str) -> Response {
        let backwards = ledger.fault(|fault| *fault == AcmeFault::WindowBackwards).is_some();
        let issued = ledger.orders.values().filter_map(|order| order.certificate.as_ref());
        let issued = issued.into_iter().find(|issued| issued.identifier == identifier);
        let Some(issued) = issued.filter(|_| self.options.renewal_info) else {
            return Response::problem(404, "malformed", "no such certificate");
        };
        let usual = (Self::window(issued.validity), None);
        let ((start, end), explanation) = ledger.suggestion.clone().unwrap_or(usual);
        let (start, end) = if backwards { (end, start) } else { (start, end) };
        let mut shown = json!({ "suggestedWindow": { "start": start, "end": end } });
        if let Some(explanation) = explanation {
            shown["explanationURL"] = json!(explanation);
        }
        Response::json(200, &shown).with("Retry-After", RENEWAL_RETRY_AFTER.to_string())
    }
}

/// RFC 9773 §4.3.2 recommends six hours.
const RENEWAL_RETRY_AFTER: u64 = 21_600;
