//! Servers on loopback, plain and TLS.

use std::{future::Future, net::SocketAddr, sync::Arc};

use http_body_util::Full;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    rt::{Read, Write},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What vouches for the servers of one benchmark.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its own certificate.
    pub(crate) fn certificate(&self) -> &CertificateDer<'static> {
        self.0.der()
    }

    /// A server on this machine.
    pub(crate) fn server(&self) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap().der().clone();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key.into())
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Answers until the benchmark ends; returns where.
pub(crate) async fn serve<F, Fut, E>(tls: Option<TlsAcceptor>, answer: F) -> SocketAddr
where
    F: Fn(Request<Incoming>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<Response<Full<Bytes>>, E>> + Send,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, answer) = (tls.clone(), answer.clone());
            tokio::spawn(async move {
                stream.set_nodelay(true).unwrap();
                match tls {
                    None => connection(TokioIo::new(stream), answer).await,
                    Some(tls) => {
                        let stream = tls.accept(stream).await.unwrap();
                        connection(TokioIo::new(stream), answer).await;
                    }
                }
            });
        }
    });
    address
}

async fn connection<I, F, Fut, E>(stream: I, answer: F)
where
    I: Read + Write + Unpin,
    F: Fn(Request<Incoming>) -> Fut,
    Fut: Future<Output = Result<Response<Full<Bytes>>, E>>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let served = http1::Builder::new().serve_connection(stream, service_fn(answer));
    // A function that is ended cuts its connections.
    drop(served.await);
}
