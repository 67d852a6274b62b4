//! An open port: accepts connections, bounds their number, and waits for them at the end.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use hyper::body::{Body, Incoming};
use hyper::service::Service;
use hyper::{Request, Response};
use leasehold_api::Metrics;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use super::activity::Patience;
use super::connection;

/// How long to wait before another accept after one failed, as for want of file descriptors.
const AFTER_A_FAILED_ACCEPT: Duration = Duration::from_millis(50);

/// A port that is bound.
pub(crate) struct Port {
    listener: TcpListener,
    address: SocketAddr,
}

/// How connections are treated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How many are served at the same time; further ones wait in the kernel's queue.
    pub(crate) connections: u32,
    /// How slow they may be.
    pub(crate) patience: Patience,
}

/// A port that is being served.
pub(crate) struct Serving {
    permits: Arc<Semaphore>,
    limits: Limits,
}

impl Port {
    /// Takes the port.
    pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// The address with the real port.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves in the background until `closing` says otherwise.
    pub(crate) fn serve<S, B>(
        self,
        service: S,
        limits: Limits,
        metrics: Metrics,
        closing: watch::Receiver<bool>,
    ) -> Serving
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
        S: Clone + Send + 'static,
        S::Future: Send + 'static,
        B: Body + Send + Unpin + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let permits = usize::try_from(limits.connections).unwrap_or(Semaphore::MAX_PERMITS);
        let permits = Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        let treatment = (limits, metrics);
        tokio::spawn(accept(self.listener, service, treatment, Arc::clone(&permits), closing));
        Serving { permits, limits }
    }
}

async fn accept<S, B>(
    listener: TcpListener,
    service: S,
    (limits, metrics): (Limits, Metrics),
    permits: Arc<Semaphore>,
    closing: watch::Receiver<bool>,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Body + Send + Unpin + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut ending = closing.clone();
    let accept_all = async move {
        loop {
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let service = service.clone();
                    let (metrics, closing) = (metrics.clone(), closing.clone());
                    tokio::spawn(async move {
                        let patience = limits.patience;
                        connection::serve(stream, service, patience, metrics, closing).await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(AFTER_A_FAILED_ACCEPT).await;
                }
            }
        }
    };
    tokio::select! {
        () = accept_all => {}
        // Also when whoever could close is gone.
        _ = ending.wait_for(|closing| *closing) => {}
    }
}

impl Serving {
    /// Waits until all connections have ended.
    pub(crate) async fn ended(&self) {
        // It only fails once the semaphore is closed, which nobody does.
        drop(self.permits.acquire_many(self.limits.connections).await);
    }
}
