//! `gleaner serve`: the daemon.

use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Globals;
use crate::app::{App, daemon};

pub async fn run(globals: &Globals) -> anyhow::Result<()> {
    let app = Arc::new(App::open(globals).await?);
    let listen = app.config.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}; is another Gleaner running? web.listen sets the address"))?;
    daemon::run(app, listener, CancellationToken::new()).await
}
