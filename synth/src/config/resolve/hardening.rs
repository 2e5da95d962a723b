//! What regulated accounts ask for.

use std::{collections::BTreeMap, ops::Range};

use stacks::monitor::{
    Hardening, Network, NetworkId, PermissionsBoundary, ReservedConcurrency, Vpc,
};

use super::{Resolver, items};
use crate::config::{
    field::Field,
    file,
    named::{Named, NamedKind},
};

type Networks = BTreeMap<String, Field<file::Network>>;

impl Resolver<'_> {
    pub(super) fn hardening(
        &mut self,
        file: &mut file::AccountFile,
        regions: &[String],
        account: Option<&str>,
    ) -> Hardening {
        let on = |field: &Option<Field<bool>>| field.as_ref().and_then(|it| it.value);
        let vpc = file.vpc.take().and_then(|field| {
            let networks = field.value?;
            Some(self.vpc(&field.span, networks, regions))
        });
        let ledger_tables = file.ledger_tables.take().and_then(|field| {
            let tables = field.value?;
            Some(self.ledger_tables(&field.span, tables, regions))
        });
        Hardening {
            ledger_tables: ledger_tables.unwrap_or_default(),
            customer_managed_key: on(&file.customer_managed_key).unwrap_or_default(),
            vpc,
            tracing: on(&file.tracing).unwrap_or_default(),
            reserved_concurrency: file
                .reserved_concurrency
                .as_ref()
                .and_then(|it| self.reserved_concurrency(it)),
            permissions_boundary: file
                .permissions_boundary
                .as_ref()
                .and_then(|it| self.permissions_boundary(it, account)),
        }
    }

    fn vpc(&mut self, span: &Range<usize>, networks: Networks, regions: &[String]) -> Vpc {
        self.each_region(span, "network", &networks, regions);
        let mut vpc = Vpc::default();
        for (region, field) in networks {
            let Some(network) = field.value else { continue };
            self.require(
                &field.span,
                &[
                    ("subnets", network.subnets.missing),
                    ("security-groups", network.security_groups.missing),
                ],
            );
            let network = Network {
                subnets: self.ids(network.subnets, &region, NamedKind::Subnet),
                security_groups: self.ids(
                    network.security_groups,
                    &region,
                    NamedKind::SecurityGroup,
                ),
            };
            vpc.regions.insert(region, network);
        }
        vpc
    }

    /// Sees that what is named by region has an entry for each of `regions`, and no other.
    fn each_region<T>(
        &mut self,
        span: &Range<usize>,
        what: &str,
        entries: &BTreeMap<String, Field<T>>,
        regions: &[String],
    ) {
        if regions.is_empty() {
            self.error(
                span,
                format!("each {what} is named by region, and there are no `regions`"),
                "add them: `regions: [eu-central-1]`",
            );
        }
        for region in regions.iter().filter(|it| !entries.contains_key(*it)) {
            self.error(
                span,
                format!("no {what} for the region `{region}`"),
                "each of `regions` needs its own",
            );
        }
        let others = entries
            .iter()
            .filter(|(region, _)| !regions.contains(region));
        for (region, field) in others.filter(|_| !regions.is_empty()) {
            self.error(
                &field.span,
                format!("`{region}` is not one of `regions`"),
                "",
            );
        }
    }

    /// Source of the rule: "Supported data types and naming rules in Amazon DynamoDB" in its developer guide.
    fn ledger_tables(
        &mut self,
        span: &Range<usize>,
        tables: BTreeMap<String, Field<String>>,
        regions: &[String],
    ) -> BTreeMap<String, String> {
        self.each_region(span, "table", &tables, regions);
        let mut named = BTreeMap::new();
        for (region, field) in tables {
            let Some(name) = field.value else { continue };
            let is_valid = (3..=255).contains(&name.len())
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
            if is_valid {
                let table = Named::new(NamedKind::Table, &name, &field.span);
                self.named.push(table.in_region(&region));
                named.insert(region, name);
            } else {
                self.error(
                    &field.span,
                    format!("`{name}` is not the name of a table"),
                    "a name has 3 to 255 letters, digits, `_`, `.` and `-`",
                );
            }
        }
        named
    }

    /// IDs such as `subnet-0a1b2c3d`. Source of the numbers: `VpcConfig` of `AWS::Lambda::Function`
    /// in the CloudFormation template reference.
    fn ids(
        &mut self,
        list: Field<Vec<Field<String>>>,
        region: &str,
        of: NamedKind,
    ) -> Vec<NetworkId> {
        let (kind, most) = match of {
            NamedKind::Subnet => ("subnet", 16),
            _ => ("sg", 5),
        };
        let (span, missing) = (list.span.clone(), list.missing);
        let fields = items(Some(list));
        if !missing && (fields.is_empty() || fields.len() > most) {
            self.error(
                &span,
                format!("{} IDs: there can be 1 to {most}", fields.len()),
                "",
            );
        }
        let mut ids: Vec<NetworkId> = Vec::new();
        let mut places: BTreeMap<String, &Range<usize>> = BTreeMap::new();
        for field in &fields {
            let hint = format!("write it like `{kind}-0123456789abcdef0`");
            let Some(id) = self.parsed(field, &hint, |text| NetworkId::parse(kind, text)) else {
                continue;
            };
            if let Some(first) = places.get(id.as_str()) {
                self.duplicate("ID", id.as_str(), &field.span, first);
            } else {
                places.insert(id.as_str().to_owned(), &field.span);
                let named = Named::new(of.clone(), id.as_str(), &field.span);
                self.named.push(named.in_region(region));
                ids.push(id);
            }
        }
        ids
    }

    fn permissions_boundary(
        &mut self,
        field: &Field<String>,
        account: Option<&str>,
    ) -> Option<PermissionsBoundary> {
        let hint = "such as `developer-boundary`, or its ARN";
        let boundary = self.parsed(field, hint, PermissionsBoundary::parse)?;
        if let (Some(of), Some(account)) = (boundary.account(), account)
            && of != account
        {
            self.error(
                &field.span,
                format!("the policy belongs to account {of}"),
                "a boundary is a policy of the same account, or of AWS",
            );
        }
        Some(boundary)
    }

    fn reserved_concurrency(&mut self, field: &Field<i64>) -> Option<ReservedConcurrency> {
        let number = field.value?;
        let valid = u32::try_from(number)
            .ok()
            .and_then(ReservedConcurrency::new);
        if valid.is_some() {
            return valid;
        }
        self.error(
            &field.span,
            format!("`{number}` invocations at once: there can be 2 to 1,000"),
            "delivery takes two",
        );
        None
    }
}
