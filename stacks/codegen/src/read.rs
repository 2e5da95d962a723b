//! From a registry schema to the model.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::{
    description::first_sentence,
    model::{Attribute, Enum, Field, Kind, ResourceType, Struct},
    names, semantics,
};

struct Reader<'a> {
    schema: &'a Json,
    resource_type: String,
    own_name: String,
    create_only: Vec<String>,
    conditional_create_only: Vec<String>,
    structs: BTreeMap<String, Struct>,
    enums: BTreeMap<String, Enum>,
}

/// Reads one schema. The error says what in it is beyond this generator.
pub(crate) fn resource(schema: &Json, file: &str) -> Result<ResourceType, String> {
    let name = schema["typeName"]
        .as_str()
        .ok_or("no `typeName`")?
        .to_owned();
    let own_name = name.rsplit("::").next().unwrap_or_default().to_owned();
    let mut reader = Reader {
        schema,
        own_name: own_name.clone(),
        create_only: paths(schema, "createOnlyProperties"),
        conditional_create_only: paths(schema, "conditionalCreateOnlyProperties"),
        structs: BTreeMap::new(),
        enums: BTreeMap::new(),
        resource_type: name.clone(),
    };
    let read_only = paths(schema, "readOnlyProperties");
    let top = reader.structure(schema, &own_name, &name, &read_only)?;
    let mut attributes = read_only
        .iter()
        .filter_map(|path| reader.attribute(path).transpose())
        .collect::<Result<Vec<_>, String>>()?;
    attributes.extend(semantics::attributes(&name).map(|name| Attribute {
        name: name.to_owned(),
        description: None,
        scalar: "String".to_owned(),
    }));
    let taggable = top.fields.iter().any(|field| field.property == "Tags");
    let mut structs = vec![top];
    structs.extend(reader.structs.into_values());
    Ok(ResourceType {
        module: names::module(&name),
        schema: file.to_owned(),
        reference: semantics::reference(&name),
        name,
        structs,
        enums: reader.enums.into_values().collect(),
        create_only: reader.create_only,
        conditional_create_only: reader.conditional_create_only,
        attributes,
        taggable,
        permissions: permissions(schema),
    })
}

/// What CloudFormation calls with the permissions of whoever deploys.
fn permissions(schema: &Json) -> Vec<String> {
    let handlers = ["create", "read", "update", "delete"];
    let mut all: Vec<String> = handlers
        .iter()
        .flat_map(|it| strings(&schema["handlers"][it], "permissions"))
        .map(str::to_owned)
        .collect();
    all.sort();
    all.dedup();
    all
}

impl Reader<'_> {
    fn structure(
        &mut self,
        schema: &Json,
        name: &str,
        title: &str,
        read_only: &[String],
    ) -> Result<Struct, String> {
        let required: Vec<&str> = strings(schema, "required");
        let mut fields = Vec::new();
        for (property, it) in properties(schema) {
            if read_only.contains(property) && !self.create_only.contains(property) {
                continue;
            }
            let kind = self.kind(it, title, property)?;
            fields.push(Field {
                property: property.clone(),
                kind,
                required: required.contains(&property.as_str()),
                description: described(it),
                notes: self.notes(it, title, property),
            });
        }
        Ok(Struct {
            name: name.to_owned(),
            title: title.to_owned(),
            description: described(schema),
            fields,
        })
    }

    fn kind(&mut self, schema: &Json, title: &str, property: &str) -> Result<Kind, String> {
        if let Some(kind) = semantics::property(title, property) {
            return Ok(kind);
        }
        if let Some(target) = schema["$ref"].as_str() {
            return self.definition(target);
        }
        if let Some(first) = schema["oneOf"].get(0).filter(|it| it.get("$ref").is_some()) {
            return self.kind(first, title, property);
        }
        let types = one_or_many(&schema["type"]);
        let base = property.trim_end_matches("[]").trim_end_matches("{}");
        match types.as_slice() {
            // cfn-lint constrains the items of some lists by `properties` of the list itself.
            types if schema.get("properties").is_some() && types != ["array"] => {
                let name = match title.split_once('.') {
                    Some((_, owner)) if owner == base => owner.to_owned(),
                    Some((_, owner)) => format!("{owner}{}", capital(base)),
                    None => capital(base),
                };
                self.nested(schema, &name)
            }
            ["string"] => Ok(self.text(schema, title, property)),
            ["integer"] => Ok(Kind::Scalar("i64".to_owned())),
            ["number"] => Ok(Kind::Scalar("f64".to_owned())),
            ["boolean"] => Ok(Kind::Scalar("bool".to_owned())),
            ["array"] => {
                let item = self.kind(&schema["items"], title, &format!("{property}[]"))?;
                Ok(Kind::List(Box::new(item)))
            }
            ["object"] if schema["patternProperties"].is_object() => {
                let value = schema["patternProperties"]
                    .as_object()
                    .and_then(|patterns| patterns.values().next())
                    .ok_or_else(|| format!("{title}/{property}: a map of nothing"))?;
                let value = self.kind(value, title, &format!("{property}{{}}"))?;
                Ok(Kind::Map(Box::new(value)))
            }
            [] | ["object"] | ["object", "string"] | ["string", "object"] => {
                Ok(Kind::Plain("Json".to_owned()))
            }
            other => Err(format!(
                "{title}/{property}: types {other:?} are beyond the generator"
            )),
        }
    }

    fn definition(&mut self, target: &str) -> Result<Kind, String> {
        let name = target.rsplit('/').next().unwrap_or_default();
        let schema = &self.schema["definitions"][name];
        if schema.is_null() {
            return Err(format!("`{target}` is not defined"));
        }
        if name == "Tag" && properties(schema).map(|(key, _)| key).eq(["Key", "Value"]) {
            return Ok(Kind::Plain("Tag".to_owned()));
        }
        if schema.get("properties").is_some() && one_or_many(&schema["type"]) != ["array"] {
            return self.nested(schema, name);
        }
        let title = format!("{}.{name}", self.resource_type);
        self.kind(schema, &title, name)
    }

    fn nested(&mut self, schema: &Json, name: &str) -> Result<Kind, String> {
        // A property type may be called like its resource (`AWS::Scheduler::Schedule`).
        let name = if name == self.own_name {
            format!("{name}Property")
        } else {
            name.to_owned()
        };
        if !self.structs.contains_key(&name) {
            let title = format!("{}.{name}", self.resource_type);
            let placeholder = Struct {
                name: name.clone(),
                title: title.clone(),
                description: None,
                fields: Vec::new(),
            };
            self.structs.insert(name.clone(), placeholder);
            let item = self.structure(schema, &name, &title, &[])?;
            self.structs.insert(name.clone(), item);
        }
        Ok(Kind::Plain(name))
    }

    fn text(&mut self, schema: &Json, title: &str, property: &str) -> Kind {
        let values: Vec<String> = strings(schema, "enum")
            .into_iter()
            .map(str::to_owned)
            .collect();
        if values.is_empty() {
            return Kind::Scalar("String".to_owned());
        }
        let owner = title.split_once('.').map_or("", |(_, owner)| owner);
        let base = property.trim_end_matches("[]");
        let singular = if base == property {
            base
        } else {
            base.trim_end_matches('s')
        };
        let name = if owner == base {
            owner.to_owned()
        } else {
            format!("{owner}{singular}")
        };
        let title = format!("{title}/{base}");
        self.enums.insert(
            name.clone(),
            Enum {
                name: name.clone(),
                title,
                values,
            },
        );
        Kind::Scalar(name)
    }

    fn notes(&self, schema: &Json, title: &str, property: &str) -> Vec<String> {
        let mut notes = Vec::new();
        let bound = |key: &str| schema[key].as_i64();
        match (bound("minimum"), bound("maximum")) {
            (Some(low), Some(high)) => notes.push(format!("{low} to {high}.")),
            (Some(low), None) => notes.push(format!("At least {low}.")),
            (None, Some(high)) => notes.push(format!("At most {high}.")),
            (None, None) => {}
        }
        if let Some(high) = bound("maxLength") {
            notes.push(format!("At most {high} characters."));
        }
        if let Some(high) = bound("maxItems").or_else(|| bound("maxUniqueItems")) {
            notes.push(format!("At most {high} entries."));
        }
        let path = match title.split_once('.') {
            Some(_) => String::new(),
            None => property.to_owned(),
        };
        if self.create_only.contains(&path) {
            notes.push("Changing it replaces the resource.".to_owned());
        } else if self.conditional_create_only.contains(&path) {
            notes.push("Changing it can replace the resource.".to_owned());
        }
        notes
    }

    fn attribute(&self, path: &str) -> Result<Option<Attribute>, String> {
        let mut schema = self.schema;
        let mut description = None;
        for name in path.split('/') {
            while let Some(target) = schema["$ref"].as_str() {
                schema = &self.schema["definitions"][target.rsplit('/').next().unwrap_or_default()];
            }
            schema = &schema["properties"][name];
            description = described(schema);
            if schema.is_null() {
                return Err(format!("read-only `{path}` is not described"));
            }
        }
        while let Some(target) = schema["$ref"].as_str() {
            schema = &self.schema["definitions"][target.rsplit('/').next().unwrap_or_default()];
        }
        let scalar = match one_or_many(&schema["type"]).as_slice() {
            ["string"] => "String",
            ["integer"] => "i64",
            ["boolean"] => "bool",
            // `Fn::GetAtt` of a list or an object has no use here.
            _ => return Ok(None),
        };
        let name = path.replace('/', ".");
        let scalar = semantics::attribute(&self.own_name, &name, scalar.to_owned());
        Ok(Some(Attribute {
            name,
            description,
            scalar,
        }))
    }
}

/// AWS's first sentence on what a schema describes.
fn described(schema: &Json) -> Option<String> {
    first_sentence(schema["description"].as_str()?)
}

fn properties(schema: &Json) -> impl Iterator<Item = (&String, &Json)> {
    schema["properties"]
        .as_object()
        .into_iter()
        .flat_map(Map::iter)
}

fn strings<'a>(schema: &'a Json, key: &str) -> Vec<&'a str> {
    schema[key]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect()
}

fn one_or_many(types: &Json) -> Vec<&str> {
    match types {
        Json::String(one) => vec![one],
        Json::Array(many) => many.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

/// `/properties/Code/properties/ImageUri` and `/properties/Code/ImageUri` alike to
/// `Code/ImageUri`.
fn paths(schema: &Json, key: &str) -> Vec<String> {
    strings(schema, key)
        .into_iter()
        .map(|path| {
            path.split('/')
                .filter(|part| !part.is_empty() && *part != "properties" && *part != "*")
                .collect::<Vec<_>>()
                .join("/")
        })
        .collect()
}

fn capital(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_ascii_uppercase().to_string() + chars.as_str()
    })
}
