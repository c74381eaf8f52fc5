//! The JSON Schema of a report, made from its types.

use crate::report::{Report, SCHEMA};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// The schema of what JSON output holds, draft 2020-12.
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<Report>();
    schema.insert("$id".to_owned(), ID.into());
    let described = format!(
        "One result of `ironpost check` as JSON and JSON Lines have it, version {SCHEMA}. Fields \
         may be added within a version; readers pass over those they do not know."
    );
    schema.insert("description".to_owned(), described.into());
    if let Some(version) = schema.pointer_mut("/properties/schema") {
        *version = json!({ "const": SCHEMA, "description": "The version of this format." });
    }
    schema.to_value()
}

/// Where the schema is known to be.
const ID: &str = "https://raw.githubusercontent.com/ironpost/ironpost/main/docs/reference/\
    check-result.schema.json";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{json, samples};

    #[test]
    fn every_sample_is_valid() {
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        for report in samples::all() {
            let value = serde_json::from_str(&json::line(&report).unwrap()).unwrap();
            let errors = validator.iter_errors(&value).map(|e| e.to_string()).collect::<Vec<_>>();
            assert!(errors.is_empty(), "{}: {errors:?}", report.domain);
        }
    }

    #[test]
    fn what_breaks_the_contract_is_not() {
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        let sound = serde_json::to_value(samples::protected()).unwrap();
        let faults = [
            ("/schema", json!("ironpost.check/0")),
            ("/verdict", json!("fine")),
            ("/points", json!(-1)),
            ("/policy/status", json!(null)),
            ("/findings/0/severity", json!("bad")),
            ("/checked_at", json!(5)),
        ];
        for (place, value) in faults {
            let mut broken = sound.clone();
            *broken.pointer_mut(place).unwrap() = value;
            assert!(!validator.is_valid(&broken), "{place}");
        }
        assert!(!validator.is_valid(&json!({})));
    }

    #[test]
    fn everything_is_described() {
        let schema = schema();
        let objects = schema["$defs"].as_object().unwrap().values().chain([&schema]);
        for object in objects {
            let properties = object.get("properties").and_then(Value::as_object);
            for (name, property) in properties.into_iter().flatten() {
                assert!(property.get("description").is_some(), "{name}: {property}");
            }
        }
    }
}
