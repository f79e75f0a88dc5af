//! Listens: loopback, or with TLS and a token anywhere; within limits on connections and on the time that a
//! header may take.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{Server, live, routes};
use crate::config::server::BadListen;
use crate::instance::tell;

/// A header that takes longer ends the connection.
const HEADER_TIME: Duration = Duration::from_secs(10);

/// A TLS handshake that takes longer ends the connection.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// A header may be this long.
const HEADER_BYTES_MAX: usize = 64 << 10;

/// Threads that answer. Long answers move to threads of their own.
const WORKERS: usize = 2;

/// Where and how to listen.
#[derive(Debug, Clone)]
pub(crate) struct ListenSettings {
    pub(crate) address: SocketAddr,
    /// Take any free port where this one is taken.
    pub(crate) may_move: bool,
    pub(crate) connections_max: usize,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
}

impl ListenSettings {
    /// Without TLS, with the usual limits.
    pub(crate) fn plain(address: SocketAddr) -> Self {
        Self {
            address,
            may_move: false,
            connections_max: 1024,
            certificate: None,
            key: None,
        }
    }
}

/// A server that runs until it is dropped.
pub(crate) struct Running {
    server: Arc<Server>,
    runtime: Option<Runtime>,
    watch: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.hub.stop.store(true, Ordering::Relaxed);
        if let Some(watch) = self.watch.take() {
            let _ = watch.join();
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
    }
}

/// Starts to listen and says where.
pub(crate) fn start(server: Server, settings: &ListenSettings) -> Result<Running> {
    check(&server, settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("http")
        .enable_all()
        .build()
        .context("start the server's threads")?;
    let tls = tls(settings)?;
    let listener = runtime.block_on(bind(settings))?;
    let address = listener
        .local_addr()
        .context("ask for the address of the page")?;
    let _ = server.address.set(address);
    let server = Arc::new(server);
    let watch = live::watch(Arc::clone(&server));
    let router = routes::router(Arc::clone(&server));
    let limit = Arc::new(Semaphore::new(settings.connections_max));
    runtime.spawn(accept(
        listener,
        router,
        Arc::clone(&server),
        limit,
        tls.clone(),
    ));
    let scheme = if tls.is_some() { "https" } else { "http" };
    tell(&format!("page at {scheme}://{address}/"));
    Ok(Running {
        server,
        runtime: Some(runtime),
        watch: Some(watch),
    })
}

/// Beyond this machine nobody listens without TLS and a token.
fn check(server: &Server, settings: &ListenSettings) -> Result<()> {
    let has_tls = settings.certificate.is_some() && settings.key.is_some();
    let is_guarded = has_tls && server.token.is_some();
    if !settings.address.ip().is_loopback() && !is_guarded {
        let cause = format!(
            "listen on {}: an address beyond this machine needs TLS and a token: set server.certificate, server.key and \
             server.token, or listen on 127.0.0.1",
            settings.address
        );
        return Err(BadListen(cause).into());
    }
    Ok(())
}

async fn bind(settings: &ListenSettings) -> Result<TcpListener> {
    match TcpListener::bind(settings.address).await {
        Ok(listener) => Ok(listener),
        Err(error) if settings.may_move && error.kind() == std::io::ErrorKind::AddrInUse => {
            tell(&format!(
                "{} is taken: the page takes a free port",
                settings.address
            ));
            let ip: IpAddr = settings.address.ip();
            TcpListener::bind(SocketAddr::new(ip, 0))
                .await
                .context("listen on a free port")
        }
        Err(error) => Err(error).with_context(|| format!("listen on {}", settings.address)),
    }
}

fn tls(settings: &ListenSettings) -> Result<Option<TlsAcceptor>> {
    let (Some(certificate), Some(key)) = (&settings.certificate, &settings.key) else {
        return Ok(None);
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("read the certificate {}", certificate.display()))?;
    let secret = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("read the key {}", key.display()))?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .with_context(|| format!("use the certificate {}", certificate.display()))?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

async fn accept(
    listener: TcpListener,
    router: Router,
    server: Arc<Server>,
    limit: Arc<Semaphore>,
    tls: Option<TlsAcceptor>,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file handles, most likely: others may be given back meanwhile.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&limit).try_acquire_owned() else {
            server
                .requests
                .refused_connections
                .fetch_add(1, Ordering::Relaxed);
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (router, server, tls) = (router.clone(), Arc::clone(&server), tls.clone());
        tokio::spawn(async move {
            server.requests.connections.fetch_add(1, Ordering::Relaxed);
            match tls {
                None => serve(stream, router).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) =
                        tokio::time::timeout(HANDSHAKE_TIME, tls.accept(stream)).await
                    {
                        serve(stream, router).await;
                    }
                }
            }
            server.requests.connections.fetch_sub(1, Ordering::Relaxed);
            drop(permit);
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BYTES_MAX)
        // Who has asked may shut its sending side before the answer: it still gets it.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // Whoever asked may be gone: then there is nobody to tell.
    let _ = connection.await;
}
