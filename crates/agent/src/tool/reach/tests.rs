//! Lists of hosts, and which addresses are everybody's.

use super::*;

#[test]
fn a_list_covers_names_and_what_is_below_them() {
    let hosts = Hosts::parse(" Example.com, docs.rs,127.0.0.1 ,").unwrap();
    for host in ["example.com", "EXAMPLE.com.", "www.example.com", "docs.rs", "127.0.0.1"] {
        assert!(hosts.contains(host), "{host}");
    }
    for host in ["example.org", "badexample.com", "com", "example.com.evil.net", "127.0.0.2", ""] {
        assert!(!hosts.contains(host), "{host}");
    }
    assert!(Hosts::parse("*").unwrap().contains("anything.at.all"));
    assert!(Hosts::parse("").unwrap().is_empty());
    assert_eq!(hosts.to_text(), "example.com, docs.rs, 127.0.0.1");
    for text in ["http://example.com", "example.com/path", ".com", "*.example.com", "a b"] {
        assert_eq!(Hosts::parse(text), None, "{text}");
    }
}

#[test]
fn only_what_anybody_may_have_is_public() {
    for address in ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111"] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
    for address in [
        "0.0.0.0",
        "0.1.2.3",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:1.1.1.1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::a00:1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
    ] {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn an_address_in_an_address_is_looked_at_in_all_its_spellings() {
    let resolver = Resolver::default();
    for text in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]:8080/",
        "http://169.254.169.254/latest/meta-data",
    ] {
        assert_eq!(resolver.check(&text.parse().unwrap()), Err(Private), "{text}");
    }
    assert_eq!(resolver.check(&"http://1.1.1.1/".parse().unwrap()), Ok(()));
    let own = Resolver { private_hosts: Hosts::parse("127.0.0.1").unwrap() };
    assert_eq!(own.check(&"http://127.1/".parse().unwrap()), Ok(()));
}

#[tokio::test]
async fn a_name_of_this_machine_is_not_resolved() {
    let error = Resolver::default().addresses("localhost".to_owned()).await.unwrap_err();
    assert!(is_private(&error), "{error}");
    let own = Resolver { private_hosts: Hosts::parse("localhost").unwrap() };
    assert!(!own.addresses("localhost".to_owned()).await.unwrap().is_empty());
}
