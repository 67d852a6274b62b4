//! The bounds of a configuration (environments §3) and how dialect A merges a change into it.

use super::*;

fn cloud(packages: Option<Packages>, networking: Option<Networking>) -> Config {
    Config::Cloud { packages, networking, setup_script: None }
}

fn packages(lists: &[(Manager, &[&str])]) -> Packages {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Packages(lists.iter().map(|(manager, names)| (*manager, owned(names))).collect())
}

fn hosts(hosts: &[&str]) -> Networking {
    Networking::Limited {
        allowed_hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        allow_package_managers: false,
        allow_mcp_servers: false,
    }
}

/// The member that is refused, if one is.
fn refused(config: &Config, strictness: Strictness) -> Option<String> {
    match config.check(strictness) {
        Ok(()) => None,
        Err(Refusal::Unfit(problem)) => Some(problem.param),
        Err(other) => panic!("{other:?}"),
    }
}

#[track_caller]
fn check(config: &Config, param: Option<&str>) {
    assert_eq!(refused(config, Strictness::Bounds).as_deref(), param, "{config:?}");
}

#[test]
fn a_set_up_script_has_a_bound_in_bytes() {
    for (script, param) in [
        (String::new(), None),
        ("x".repeat(65_536), None),
        ("x".repeat(65_537), Some("config.setup_script")),
        ("é".repeat(32_768), None),
        ("é".repeat(32_769), Some("config.setup_script")),
    ] {
        let setup_script = Some(script);
        check(&Config::SelfHosted { setup_script: setup_script.clone() }, param);
        check(&Config::Cloud { packages: None, networking: None, setup_script }, param);
    }
}

#[test]
fn package_lists_have_bounds() {
    let list =
        |names: Vec<String>| cloud(Some(Packages(BTreeMap::from([(Manager::Pip, names)]))), None);
    let param = Some("config.packages.pip");
    check(&list(vec![]), None);
    check(&list(vec!["a".to_owned(); 256]), None);
    check(&list(vec!["a".to_owned(); 257]), param);
    check(&list(vec!["é".repeat(256)]), None);
    check(&list(vec!["é".repeat(257)]), param);
    check(&list(vec![String::new()]), param);
    check(&list(vec!["numpy==1.26\n".to_owned()]), param);
    check(&list(vec!["numpy >= 1.26".to_owned()]), None);
    for manager in Manager::ALL {
        let config = cloud(Some(packages(&[(manager, &[""])])), None);
        check(&config, Some(&format!("config.packages.{}", manager.as_str())));
    }
}

#[test]
fn an_allowed_host_is_a_bare_name_or_a_star_and_a_name() {
    let longest = format!("{}.{}", "a".repeat(63), "b".repeat(63));
    for host in
        ["example.com", "*.example.com", "localhost", "a-b.c_d.example", "10.0.0.1", &longest]
    {
        check(&cloud(None, Some(hosts(&[host]))), None);
    }
    let label = "a".repeat(64);
    let name = format!("{0}.{0}.{0}.{0}", "a".repeat(63));
    for host in [
        "",
        "*",
        "*.",
        "*.*.example.com",
        "a.*.example.com",
        "*example.com",
        "https://example.com",
        "example.com:443",
        "example.com/path",
        "example.com.",
        ".example.com",
        "a..b",
        "-a.example",
        "a-.example",
        "exa mple.com",
        "exämple.com",
        "10.0.0.0/8",
        "[::1]",
        &label,
        &name,
    ] {
        let param = Some("config.networking.allowed_hosts");
        check(&cloud(None, Some(hosts(&["example.com", host]))), param);
    }
    check(&cloud(None, Some(hosts(&["a"; 256]))), None);
    check(&cloud(None, Some(hosts(&["a"; 257]))), Some("config.networking.allowed_hosts"));
    check(&cloud(None, Some(Networking::Unrestricted)), None);
}

#[test]
fn packages_under_limited_networking_need_their_managers_in_a_alone() {
    let strict = Strictness::PackagesNeedTheirManagers;
    let some = || Some(packages(&[(Manager::Npm, &["left-pad"])]));
    let none = || Some(packages(&[(Manager::Npm, &[])]));
    let open = Networking::Limited {
        allowed_hosts: vec![],
        allow_package_managers: true,
        allow_mcp_servers: false,
    };
    let param = Some("config.networking.allow_package_managers");
    assert_eq!(refused(&cloud(some(), Some(hosts(&[]))), strict).as_deref(), param);
    for fine in [
        cloud(none(), Some(hosts(&[]))),
        cloud(None, Some(hosts(&[]))),
        cloud(some(), Some(open)),
        cloud(some(), Some(Networking::Unrestricted)),
        cloud(some(), None),
    ] {
        assert_eq!(refused(&fine, strict), None, "{fine:?}");
    }
    check(&cloud(some(), Some(hosts(&[]))), None);
}

#[test]
fn a_merge_changes_what_it_names() {
    let stored = Config::Cloud {
        packages: Some(packages(&[(Manager::Pip, &["numpy"]), (Manager::Npm, &["left-pad"])])),
        networking: Some(Networking::Limited {
            allowed_hosts: vec!["example.com".to_owned()],
            allow_package_managers: true,
            allow_mcp_servers: true,
        }),
        setup_script: Some("true".to_owned()),
    };
    assert_eq!(stored.merged(&ConfigPatch::default()), Ok(stored.clone()));
    let patch = ConfigPatch {
        kind: Some(Kind::Cloud),
        packages: Some(packages(&[(Manager::Pip, &["scipy"]), (Manager::Go, &["x/tools"])])),
        networking: Some(NetworkingPatch::Limited {
            allowed_hosts: None,
            allow_package_managers: Some(false),
            allow_mcp_servers: None,
        }),
    };
    let merged = Config::Cloud {
        packages: Some(packages(&[
            (Manager::Pip, &["scipy"]),
            (Manager::Npm, &["left-pad"]),
            (Manager::Go, &["x/tools"]),
        ])),
        networking: Some(Networking::Limited {
            allowed_hosts: vec!["example.com".to_owned()],
            allow_package_managers: false,
            allow_mcp_servers: true,
        }),
        setup_script: Some("true".to_owned()),
    };
    assert_eq!(stored.merged(&patch), Ok(merged));
}

#[test]
fn a_change_to_limited_networking_starts_from_nothing_allowed() {
    let patch = NetworkingPatch::Limited {
        allowed_hosts: None,
        allow_package_managers: None,
        allow_mcp_servers: Some(true),
    };
    let limited = Networking::Limited {
        allowed_hosts: vec![],
        allow_package_managers: false,
        allow_mcp_servers: true,
    };
    for stored in [None, Some(&Networking::Unrestricted)] {
        assert_eq!(patch.onto(stored), limited);
    }
    assert_eq!(NetworkingPatch::Unrestricted.onto(Some(&limited)), Networking::Unrestricted);
}

#[test]
fn a_kind_never_changes() {
    let self_hosted = Config::SelfHosted { setup_script: None };
    let to = |kind| ConfigPatch { kind: Some(kind), ..ConfigPatch::default() };
    assert_eq!(self_hosted.merged(&to(Kind::Cloud)), Err(Refusal::EnvironmentKindChange));
    assert_eq!(self_hosted.merged(&to(Kind::SelfHosted)), Ok(self_hosted.clone()));
    assert_eq!(
        cloud(None, None).merged(&to(Kind::SelfHosted)),
        Err(Refusal::EnvironmentKindChange)
    );
}
