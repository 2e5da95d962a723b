//! Runs against an account in memory.

mod comparing;
mod evaluating;
mod looking;
mod partition;
mod running;
mod simulated;
mod texts;

use contract::CostSettings;
use jiff::Timestamp;

use super::{Facts, RegionFacts, Settings};
use crate::aws::{
    compute_optimizer::{Choice, Idle, Saving, Savings, Sizing},
    cost_optimization_hub::Recommendation,
    ec2::{Instance, Tags},
};

const REGION: &str = "eu-central-1";

fn at() -> Timestamp {
    "2026-11-26T06:30:00Z".parse().unwrap()
}

fn settings() -> Settings {
    let cost = CostSettings {
        time_zone: "Europe/Berlin".to_owned(),
        ..CostSettings::default()
    };
    Settings::new(vec![REGION.to_owned()], cost).unwrap()
}

fn instance(id: &str) -> Instance {
    Instance {
        id: id.to_owned(),
        instance_type: "m5.large".to_owned(),
        state: "running".to_owned(),
        ..Instance::default()
    }
}

fn tagged(id: &str, tags: &[(&str, &str)]) -> Instance {
    Instance {
        tags: tags_of(tags),
        ..instance(id)
    }
}

fn tags_of(tags: &[(&str, &str)]) -> Tags {
    let tags = tags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Tags(tags.collect())
}

fn arn(id: &str) -> String {
    format!("arn:aws:ec2:{REGION}:111122223333:instance/{id}")
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where an answer does")]
fn saving(amount: f64) -> Option<Saving> {
    Some(Saving {
        amount,
        currency: "USD".to_owned(),
        percentage: Some(50.0),
    })
}

fn sizing(id: &str, finding: &str, differences: &[&str], savings: f64) -> Sizing {
    Sizing {
        arn: arn(id),
        current_type: "m5.2xlarge".to_owned(),
        finding: finding.to_owned(),
        best: Some(Choice {
            instance_type: "m5.large".to_owned(),
            differences: differences.iter().map(|it| (*it).to_owned()).collect(),
            risk: Some(1.0),
            savings: Savings {
                before_discounts: saving(savings),
                after_discounts: None,
            },
            ..Choice::default()
        }),
        ..Sizing::default()
    }
}

fn idle(id: &str, savings: f64) -> Idle {
    Idle {
        arn: arn(id),
        id: id.to_owned(),
        resource_type: "EC2Instance".to_owned(),
        finding: "Idle".to_owned(),
        savings: Savings {
            before_discounts: saving(savings * 2.0),
            after_discounts: saving(savings),
        },
        ..Idle::default()
    }
}

fn advice(id: &str, action: &str, savings: f64) -> Recommendation {
    Recommendation {
        region: REGION.to_owned(),
        id: Some(id.to_owned()),
        arn: Some(arn(id)),
        resource_type: "Ec2Instance".to_owned(),
        action: action.to_owned(),
        savings: Some(savings),
        currency: Some("USD".to_owned()),
        ..Recommendation::default()
    }
}

fn facts(region: RegionFacts) -> Facts {
    Facts {
        hub_mode: "AfterDiscounts".to_owned(),
        regions: vec![RegionFacts {
            region: REGION.to_owned(),
            ..region
        }],
        ..Facts::default()
    }
}
