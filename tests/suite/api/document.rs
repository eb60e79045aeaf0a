//! The document at /api/v1/openapi.json: it describes what there is.

use axum::body::Body;
use axum::http::Method;
use casebind::case::event::Event;
use serde_json::Value;

both! {
    async fn every_operation_that_is_described_is_there_and_guarded(house) {
        let stranger = house.stranger();
        let document = stranger.get("/api/v1/openapi.json").await.expect(200);
        assert_eq!(document.header("content-type"), "application/json");
        let document = document.json();
        assert_eq!(document["openapi"], "3.1.0");
        assert_eq!(document["components"]["securitySchemes"]["session"]["name"], "casebind");
        let mut operations = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let address = path.replace("{number}", "1159999999").replace("{seq}", "1").replace(['{', '}'], "");
                let method: Method = method.to_uppercase().parse().unwrap();
                let request = stranger.request(method.clone(), &address).body(Body::empty()).unwrap();
                let answer = stranger.send(request).await;
                assert_eq!(answer.status, 401, "{method} {path}");
                for status in ["401", "403", "429", "500", "503"] {
                    let told = &operation["responses"][status]["content"];
                    assert!(told.get("application/problem+json").is_some(), "{status} of {method} {path}");
                }
                operations.push(operation["operationId"].as_str().unwrap().to_owned());
            }
        }
        let count = operations.len();
        operations.sort();
        operations.dedup();
        assert_eq!(operations.len(), count, "an operation's name twice");
        assert!(operations.contains(&"showCase".to_owned()) && count > 10, "{operations:?}");
    }

    async fn every_event_of_the_life_cycle_is_described(house) {
        let document = house.stranger().get("/api/v1/openapi.json").await.expect(200).json();
        let variants = document["components"]["schemas"]["Asked"]["oneOf"].as_array().unwrap().clone();
        let name = |variant: &Value| {
            let found = variant.pointer("/properties/event/enum/0").or(variant.pointer("/allOf/1/properties/event/enum/0"));
            found.unwrap_or_else(|| panic!("{variant}")).as_str().unwrap().to_owned()
        };
        let mut described: Vec<_> = variants.iter().map(name).collect();
        // A case is opened and edited at addresses of its own.
        described.extend(["open", "edit"].map(str::to_owned));
        let mut all: Vec<_> = Event::ALL.map(|event| event.as_str().to_owned()).into();
        described.sort();
        all.sort();
        assert_eq!(described, all);
    }
}
