//! What is taken, and warned of.

use std::net::SocketAddr;

use super::{MINIMAL, parse};

#[test]
fn metrics_are_off_by_default_and_warned_of_where_others_reach_them() {
    let config = parse(&format!("{MINIMAL}[shutdown]\nlead_seconds = 10\nlimit_seconds = 5\n"), &[]).unwrap();
    assert_eq!((config.metrics, config.shutdown.lead.as_secs()), (None, 10));
    assert_eq!(config.shutdown.limit.as_secs(), 5);
    let here = parse(&format!("{MINIMAL}[metrics]\nlisten = \"127.0.0.1:9464\"\n"), &[]).unwrap();
    assert_eq!(here.metrics, Some(SocketAddr::from(([127, 0, 0, 1], 9464))));
    assert!(here.warnings.is_empty(), "{:?}", here.warnings);
    let open = parse(MINIMAL, &[("CASEBIND_METRICS_LISTEN", "0.0.0.0:9464")]).unwrap();
    assert!(open.warnings[0].starts_with("metrics.listen = 0.0.0.0:9464"), "{:?}", open.warnings);
}

#[test]
fn plain_http_beyond_this_machine_is_a_warning() {
    let text = format!("listen = \"0.0.0.0:80\"\n{MINIMAL}");
    assert_eq!(parse(&text, &[]).unwrap().warnings.len(), 1);
    let text = format!("public_url = \"https://forms.example.org\"\n{text}");
    assert_eq!(parse(&text, &[]).unwrap().warnings, Vec::<String>::new());
}

#[test]
fn checkpoints_of_one_machine_are_a_warning_where_several_may_serve() {
    let bucket = format!("{MINIMAL}[originals]\nbucket = \"casebind\"\n");
    let keys = [("CASEBIND_S3_ACCESS_KEY_ID", "id"), ("CASEBIND_S3_SECRET_ACCESS_KEY", "secret")];
    let warned = parse(&bucket, &keys).unwrap().warnings;
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].contains("custody.checkpoint_dir isn't set"), "{warned:?}");
    let shared = format!("{bucket}[custody]\ncheckpoint_dir = \"/mnt/checkpoints\"\n");
    assert_eq!(parse(&shared, &keys).unwrap().warnings, Vec::<String>::new());
    assert_eq!(parse(MINIMAL, &[]).unwrap().warnings, Vec::<String>::new());
}
