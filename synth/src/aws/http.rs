//! What all clients send with: TLS, proxies, certificates, and no more than AWS likes.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_smithy_http_client::{
    Builder, Connector,
    proxy::ProxyConfig,
    tls::{self, TlsContext, TrustStore},
};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};

use super::{AwsError, Clock};

/// Calls of CloudFormation in any [`WINDOW`], at most. It throttles an account at about ten a second, and
/// people, pipelines and consoles share them.
const CALLS: usize = 4;
const WINDOW: Duration = Duration::from_millis(1_100);

/// A client that sends directly, trusting the certificates of this machine.
pub fn http_client() -> SharedHttpClient {
    client(ProxyConfig::disabled(), TlsContext::default())
}

/// The same, through the proxy that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name, if they do.
pub(super) fn http_client_of_process() -> SharedHttpClient {
    client(ProxyConfig::from_env(), TlsContext::default())
}

/// The same, trusting only the certificates in this PEM file, as the AWS CLI does with `AWS_CA_BUNDLE`.
pub(super) fn http_client_trusting(path: &str) -> Result<SharedHttpClient, AwsError> {
    let unusable = |reason: String| AwsError::CaBundle {
        path: path.to_owned(),
        reason,
    };
    let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
        return Err(unusable("no certificate is in it".to_owned()));
    }
    let trusted = TrustStore::empty().with_pem_certificate(pem);
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context = context.map_err(|error| unusable(error.to_string()))?;
    Ok(client(ProxyConfig::from_env(), context))
}

fn client(proxy: ProxyConfig, context: TlsContext) -> SharedHttpClient {
    // The provider is named: which one a default would be depends on what else is compiled in.
    let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder()
            .proxy_config(proxy.clone())
            .tls_provider(provider.clone())
            .tls_context(context.clone());
        if let Some(settings) = settings {
            builder.set_connector_settings(Some(settings.clone()));
        }
        builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        builder.build()
    })
}

/// When calls of CloudFormation are sent, in all regions together.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace(Arc<Mutex<VecDeque<SystemTime>>>);

impl Pace {
    /// A client that sends no more calls to CloudFormation than it likes.
    pub(super) fn of(&self, inner: SharedHttpClient) -> Paced {
        Paced {
            inner,
            pace: self.clone(),
        }
    }

    /// When the next call may be sent; notes it.
    fn next(&self, now: SystemTime) -> SystemTime {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        next_turn(&mut turns, now)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Paced {
    inner: SharedHttpClient,
    pace: Pace,
}

impl HttpClient for Paced {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(PacedConnector {
            inner: self.inner.http_connector(settings, components),
            pace: self.pace.clone(),
            clock: Clock::new(components.sleep_impl(), components.time_source()),
        })
    }
}

#[derive(Debug)]
struct PacedConnector {
    inner: SharedHttpConnector,
    pace: Pace,
    clock: Clock,
}

/// Whether an address is one of CloudFormation: a region's own, one with FIPS, or one of a VPC.
fn is_of_cloudformation(uri: &str) -> bool {
    let host = uri.strip_prefix("https://").unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default();
    host.split('.')
        .any(|it| matches!(it, "cloudformation" | "cloudformation-fips"))
}

impl HttpConnector for PacedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if !is_of_cloudformation(request.uri()) {
            return self.inner.call(request);
        }
        let (inner, clock) = (self.inner.clone(), self.clock.clone());
        let now = clock.now();
        let turn = self.pace.next(now);
        HttpConnectorFuture::new(async move {
            if let Ok(wait) = turn.duration_since(now)
                && !wait.is_zero()
            {
                clock.sleep(wait).await;
            }
            inner.call(request).await
        })
    }
}

fn next_turn(turns: &mut VecDeque<SystemTime>, now: SystemTime) -> SystemTime {
    let turn = match turns.len() {
        CALLS.. => turns
            .pop_front()
            .map_or(now, |oldest| now.max(oldest + WINDOW)),
        _ => now,
    };
    turns.push_back(turn);
    turn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_cloudformation_is_paced() {
        for (uri, expected) in [
            ("https://cloudformation.eu-central-1.amazonaws.com/", true),
            ("https://cloudformation-fips.us-east-1.amazonaws.com/", true),
            (
                "https://vpce-0a-1b.cloudformation.eu-central-1.vpce.amazonaws.com/",
                true,
            ),
            (
                "https://tocsin.s3.eu-central-1.amazonaws.com/cloudformation.zip",
                false,
            ),
            ("http://127.0.0.1:4566/", false),
        ] {
            assert_eq!(is_of_cloudformation(uri), expected, "{uri}");
        }
    }

    #[test]
    fn no_second_has_five_calls() {
        let begin = SystemTime::UNIX_EPOCH;
        let mut turns = VecDeque::new();
        let sent: Vec<SystemTime> = (0..40)
            .map(|call| next_turn(&mut turns, begin + Duration::from_millis(call * 20)))
            .collect();
        assert!(sent[..CALLS].iter().all(|it| *it < begin + WINDOW));
        for five in sent.windows(CALLS + 1) {
            let apart = five[CALLS].duration_since(five[0]).unwrap();
            assert!(apart > Duration::from_secs(1));
        }
    }
}
