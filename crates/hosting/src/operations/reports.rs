//! Where a domain's reports go: the TLS-RPT record that is served for it (RFC 8460 §3).

use super::decision::ATTEMPTS;
use super::{Desk, OperationError, Said};
use ironpost_proto::domain::Domain;
use ironpost_store::hosting::domains::{ChangeError, Hosted};

impl Desk {
    /// From now on `rua` is served, or with `None` nothing. It is no policy: nothing is waited for.
    /// The domain as it is then.
    pub async fn report_to(
        &self,
        name: &Domain,
        rua: Option<String>,
        said: &Said,
    ) -> Result<Hosted, OperationError> {
        for _ in 0..ATTEMPTS {
            let mut hosted = self.hosted(name).await?;
            let (author, now) = (self.author(said), self.clock.now());
            match self.database.change_rua(&hosted, rua.as_deref(), &author, now).await {
                Ok(seq) => {
                    (hosted.rua, hosted.seq) = (rua, seq);
                    return Ok(hosted);
                }
                Err(ChangeError::Conflict) => {}
                Err(ChangeError::Store(error)) => return Err(error.into()),
            }
        }
        Err(OperationError::Busy)
    }
}
