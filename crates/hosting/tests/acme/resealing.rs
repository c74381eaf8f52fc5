//! Another sealing key.

use crate::installation::Installation;
use ironpost_hosting::acme::{Acme, ResealError};
use ironpost_hosting::sealing::{SealError, Seals};
use std::fs;

#[tokio::test]
async fn after_a_change_of_keys_the_old_one_may_go() {
    let here = Installation::start().await;
    let (ca, settings) = here.ca().await;
    let acme = here.acme(settings.clone());
    let hosted = here.domain("a.test").await;
    here.issued(&acme, &hosted).await;
    assert_eq!(acme.reseal().await.unwrap(), 0);

    let old = here.folder.path().join("sealing.key");
    let new = here.folder.path().join("new.key");
    let alone = Seals::make(&new).unwrap();
    let stranger = Acme::new(here.database.clone(), alone.clone(), settings.clone()).unwrap();
    let error = stranger.reseal().await.unwrap_err();
    let ResealError::Seal { error: SealError::UnknownKey { .. }, .. } = error else {
        panic!("{error}");
    };

    let both = [fs::read_to_string(&new).unwrap(), fs::read_to_string(&old).unwrap()].concat();
    fs::write(&old, both).unwrap();
    let both = Seals::load(&old).unwrap();
    let acme = Acme::new(here.database.clone(), both, settings.clone()).unwrap();
    assert_eq!(acme.reseal().await.unwrap(), 2, "a private key and an account");
    assert_eq!(acme.reseal().await.unwrap(), 0);

    // With the new one alone everything opens, and certificates come.
    let stored = here.database.certificate(hosted.id).await.unwrap().unwrap();
    alone.open(hosted.name.as_str(), &stored.sealed_key).unwrap();
    let other = here.domain("b.test").await;
    here.issued(&stranger, &other).await;
    assert_eq!(ca.accounts(), 1);
}
