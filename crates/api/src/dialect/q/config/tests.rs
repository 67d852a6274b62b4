//! Configurations as they are read and shown (environments §3).

use serde_json::json;

use super::*;

fn shown(value: Value) -> Value {
    serde_json::to_value(ConfigWire::from(&read(value).unwrap())).unwrap()
}

fn blamed(value: &Value) -> String {
    match read(value.clone()) {
        Err(Invalid::Parameter { param, .. }) => param,
        other => panic!("{value}: {other:?}"),
    }
}

#[test]
fn self_hosted_is_echoed() {
    assert_eq!(shown(json!({"type": "self_hosted"})), json!({"type": "self_hosted"}));
    let with_script = json!({"type": "self_hosted", "setup_script": "true\n"});
    assert_eq!(shown(with_script.clone()), with_script);
    let empty = json!({"type": "self_hosted", "setup_script": ""});
    assert_eq!(shown(empty), json!({"type": "self_hosted"}));
}

#[test]
fn a_cloud_shows_what_was_said_with_all_managers() {
    assert_eq!(shown(json!({"type": "cloud"})), json!({"type": "cloud"}));
    let full = shown(json!({
        "type": "cloud",
        "packages": {"apt": ["jq"]},
        "networking": {"type": "allowed_hosts", "allowed_hosts": ["*.example.org"]},
    }));
    assert_eq!(
        full["packages"],
        json!({
            "type": "packages",
            "apt": ["jq"], "cargo": [], "gem": [], "go": [], "npm": [], "pip": [],
        })
    );
    assert_eq!(
        full["networking"],
        json!({
            "type": "limited",
            "allowed_hosts": ["*.example.org"],
            "allow_package_managers": false,
            "allow_mcp_servers": false,
        })
    );
    let open = shown(json!({"type": "cloud", "networking": {"type": "unrestricted"}}));
    assert_eq!(open["networking"], json!({"type": "unrestricted"}));
}

#[test]
fn the_member_to_blame_is_named() {
    for (value, param) in [
        (json!(null), "config"),
        (json!("cloud"), "config"),
        (json!({}), "config.type"),
        (json!({"type": null}), "config.type"),
        (json!({"type": "managed"}), "config.type"),
        (json!({"type": 1}), "config.type"),
        (json!({"type": "self_hosted", "packages": {}}), "config.packages"),
        (json!({"type": "self_hosted", "networking": null}), "config.networking"),
        (json!({"type": "cloud", "extra": 1}), "config.extra"),
        (json!({"type": "cloud", "setup_script": 1}), "config.setup_script"),
        (json!({"type": "cloud", "networking": "unrestricted"}), "config.networking"),
        (json!({"type": "cloud", "networking": {"type": "open"}}), "config.networking.type"),
        (json!({"type": "cloud", "packages": {"apt": "jq"}}), "config.packages.apt"),
        (json!({"type": "cloud", "packages": {"apt": [1]}}), "config.packages.apt"),
        (json!({"type": "cloud", "packages": {"brew": []}}), "config.packages.brew"),
        (json!({"type": "cloud", "packages": {"type": "x"}}), "config.packages.type"),
    ] {
        assert_eq!(blamed(&value), param, "{value}");
    }
}
