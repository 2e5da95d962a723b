//! Certificates, made for one test each.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    date_time_ymd,
};
use tokio_rustls::rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};

/// Whoever signs certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    Expired,
    NotYetValid,
    /// It is for another host.
    OtherHost,
    /// It is for clients.
    OtherPurpose,
    /// Nobody but itself vouches for it.
    SelfSigned,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Trusts this authority and no other.
    pub(crate) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        roots
    }

    /// A server on this machine, with a certificate of this authority.
    pub(crate) fn server(&self, flaw: Flaw) -> ServerConfig {
        let host = match flaw {
            Flaw::OtherHost => "event-ai.eu-central-1.api.aws",
            _ => "127.0.0.1",
        };
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        match flaw {
            Flaw::Expired => params.not_after = date_time_ymd(2026, 1, 1),
            Flaw::NotYetValid => params.not_before = date_time_ymd(2400, 1, 1),
            Flaw::OtherPurpose => {
                params.insert_extended_key_usage(ExtendedKeyUsagePurpose::ClientAuth);
            }
            Flaw::None | Flaw::OtherHost | Flaw::SelfSigned => {}
        }
        let key = KeyPair::generate().unwrap();
        let certificate = match flaw {
            Flaw::SelfSigned => params.self_signed(&key),
            _ => params.signed_by(&key, &self.0),
        };
        server(certificate.unwrap().der().clone(), &key)
    }
}

fn server(certificate: CertificateDer<'static>, key: &KeyPair) -> ServerConfig {
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .unwrap()
}
