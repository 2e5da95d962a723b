//! The one way in which functions talk to anything: HTTPS with the roots of the web's own programme,
//! no redirects, no proxies, no compression.

use std::{sync::Arc, time::Duration};

use rustls::{ClientConfig, RootCertStore, crypto::ring};

/// How long opening a connection may take.
const CONNECT: Duration = Duration::from_secs(3);

/// Whether connections are kept open after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// For what may be sent twice: a connection that died while the function was frozen is only
    /// noticed by a request that fails.
    Connections,
    /// For what should not be.
    Nothing,
}

/// A client that trusts `roots`.
///
/// # Errors
///
/// When TLS cannot be set up, which is a mistake in this code and not in its surroundings.
pub fn client(roots: RootCertStore, reuse: Reuse) -> Result<reqwest::Client, HttpSetup> {
    // The provider is named: which one a default would be depends on what else is compiled in.
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| HttpSetup)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .http1_only()
        .connect_timeout(CONNECT);
    match reuse {
        Reuse::Connections => builder.pool_idle_timeout(Duration::from_secs(20)),
        Reuse::Nothing => builder.pool_max_idle_per_host(0),
    }
    .build()
    .map_err(|_| HttpSetup)
}

/// The roots of Mozilla's programme, as of the build.
pub fn web_roots() -> RootCertStore {
    RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    }
}

/// TLS could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("TLS could not be set up")]
pub struct HttpSetup;
