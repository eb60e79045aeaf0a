//! What the configuration says of what it is connected to: a bucket, proxies and TLS, a provider of identities.

use insta::assert_snapshot;

use super::*;

#[test]
fn keys_to_a_bucket_come_from_the_environment_or_a_file_of_their_own() {
    let text = format!("{MINIMAL}originals.bucket = \"casebind\"\n");
    let said = refused(&text, &[]);
    assert!(
        said.contains("originals.keys_file is missing") && said.contains("CASEBIND_S3_ACCESS_KEY_ID"),
        "{said}"
    );
    let keys = [("CASEBIND_S3_ACCESS_KEY_ID", "GK1"), ("CASEBIND_S3_SECRET_ACCESS_KEY", "of ours")];
    let config = parse(&text, &keys).unwrap();
    let bucket = config.originals.clone().unwrap();
    assert_eq!(bucket.keys, BucketKeys::Given("GK1".into(), "of ours".into()));
    assert!(bucket.path_style && bucket.endpoint.is_none());
    assert!(!format!("{config:?}").contains("of ours"));
    let shown = |key: &str| config.settings.0.iter().find(|one| one.key == key).unwrap().value.clone();
    assert_eq!(shown("s3.secret_access_key").as_deref(), Some("…"));
    assert_eq!(shown("s3.access_key_id").as_deref(), Some("…"));
    let said = refused(&format!("{text}s3.secret_access_key = \"of ours\"\n"), &keys[..1]);
    assert!(said.contains("not in a file") && !said.contains("of ours"), "{said}");
    let said = refused(&format!("{text}originals.endpoint = \"http://10.0.0.7:3900\"\n"), &keys);
    assert!(said.contains("http:// on this machine only"), "{said}");
}

#[test]
fn tls_and_proxies_name_what_is_allowed() {
    let text = format!(
        "public_url = \"http://forms.example.org\"\n{MINIMAL}[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n\
         [proxy]\ntrusted = [\"10.0.0.0/40\"]\nheader = \"both\"\n"
    );
    assert_snapshot!(refused(&text, &[]), @r#"
    configuration casebind.toml: 3 settings can't be used
      proxy.trusted = ["10.0.0.0/40"]: allowed is a list of addresses and networks, such as ["127.0.0.1/32", "10.1.0.0/16"]
      proxy.header = "both": allowed is "x-forwarded-for" or "forwarded"
      public_url = http://forms.example.org: allowed is an https:// address, now that there is a [tls]
    "#);
    assert_snapshot!(refused(&format!("{MINIMAL}[tls]\nkey = \"k.pem\"\n"), &[]), @r#"
    configuration casebind.toml: 1 setting can't be used
      tls.certificate is missing: it is the certificate of tls.key with its chain, PEM
    "#);
    let served = parse(&format!("{MINIMAL}[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n"), &[]).unwrap();
    assert_eq!(served.public_url, "https://127.0.0.1:8080");
    let trusted = [("CASEBIND_PROXY_TRUSTED", "127.0.0.1, 10.0.0.0/8")];
    assert_eq!(parse(MINIMAL, &trusted).unwrap().proxy.trusted.len(), 2);
}

#[test]
fn sign_on_names_what_is_missing_and_keeps_its_secret() {
    let text = format!("{MINIMAL}[sign_on]\nissuer = \"https://id.example.org\"\nclient_secret = 5\n");
    assert_snapshot!(refused(&text, &[]), @r#"
    configuration casebind.toml: 3 settings can't be used
      sign_on.client_secret = …: allowed is a text in quotes
      sign_on.client_id is missing: it is what the provider knows this installation by
      sign_on.client_secret is missing: it is the secret at the provider; or name its file as sign_on.client_secret_file
    "#);
    for (issuer, allowed) in [
        ("https://id.example.org", true),
        ("http://127.0.0.1:4000", true),
        ("http://localhost:4000/oidc", true),
        ("http://[::1]:4000", true),
        ("http://id.example.org", false),
        ("http://127.0.0.1.example.org", false),
        ("http://127.0.0.1@example.org", false),
        ("https://id.example.org?x=1", false),
        ("id.example.org", false),
    ] {
        let text =
            format!("{MINIMAL}[sign_on]\nissuer = \"{issuer}\"\nclient_id = \"c\"\nclient_secret = \"s\"\n");
        assert_eq!(parse(&text, &[]).is_ok(), allowed, "{issuer}");
    }
    let text = format!("{MINIMAL}[sign_on]\nissuer = \"https://id.example.org\"\nclient_id = \"c\"\n");
    let config = parse(&text, &[("CASEBIND_SIGN_ON_CLIENT_SECRET", "secret of the environment")]).unwrap();
    assert!(!format!("{config:?}").contains("secret of"));
    let config = parse(&text, &[("CASEBIND_SIGN_ON_CLIENT_SECRET_FILE", "/run/secrets/sign-on")]).unwrap();
    assert_eq!(config.sign_on.unwrap().client_secret, ClientSecret::InFile("/run/secrets/sign-on".into()));
}
