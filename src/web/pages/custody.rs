//! 保管鏈: where documents stand in the custody chain, and the proof of one of them.

use askama::Template;

use super::frame::Frame;
use super::parts::{Badge, CaseNumberText, DigestText, Fact, Link};
use super::words::Moment;

/// The documents of a case in the chain.
#[derive(Debug, Template)]
#[template(path = "custody.html")]
pub struct CustodyPage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// Back to the case.
    pub back: Link,
    /// The documents, in the order in which they were registered.
    pub documents: Vec<CustodyDocument>,
    /// When the newest checkpoint was signed.
    pub signed: Option<Moment>,
}

/// A document of the case.
#[derive(Clone, Debug)]
pub struct CustodyDocument {
    /// Such as 申請單第 2 版.
    pub label: String,
    /// The first 12 digits of its SHA-256.
    pub digest: DigestText,
    /// The event that registered it.
    pub event: String,
    /// When that was.
    pub when: Moment,
    /// How far it has come.
    pub state: Badge,
    /// Its proof's page.
    pub proof: String,
}

/// The proof of one document.
#[derive(Debug, Template)]
#[template(path = "custody_proof.html")]
pub struct CustodyProofPage {
    /// Around the page.
    pub frame: Frame,
    /// The case number.
    pub number: CaseNumberText,
    /// Back to the case's documents.
    pub back: Link,
    /// What the document is.
    pub label: String,
    /// Its whole SHA-256.
    pub digest: DigestText,
    /// How far it has come.
    pub state: Badge,
    /// The event, its moment, the newest checkpoint.
    pub facts: Vec<Fact>,
    /// The proof; none until a checkpoint covers it.
    pub proof: Option<ProofShown>,
}

/// A proof as it is shown.
#[derive(Clone, Debug)]
pub struct ProofShown {
    /// The link's number.
    pub leaf_index: u64,
    /// How many links the checkpoint covers.
    pub tree_size: u64,
    /// The leaf's hash.
    pub leaf_hash: DigestText,
    /// The head.
    pub root: DigestText,
    /// From the leaf to the head.
    pub path: Vec<PathStep>,
    /// The leaf's text.
    pub leaf: String,
    /// The signed checkpoint.
    pub checkpoint: String,
    /// The commands that check it.
    pub commands: String,
    /// The proof as text.
    pub text: Link,
    /// The proof as JSON.
    pub json: Link,
}

/// One step of the audit path.
#[derive(Clone, Debug)]
pub struct PathStep {
    /// 左 or 右.
    pub side: String,
    /// The hash on that side.
    pub hash: DigestText,
}

#[cfg(test)]
const SAMPLE: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[cfg(test)]
impl CustodyPage {
    pub(crate) fn sample() -> Self {
        use super::case_list::sample::ago;
        use super::parts::Look;
        let row = |label: &str, event: &str, minutes, state| CustodyDocument {
            label: label.into(),
            digest: DigestText::new(&SAMPLE[..12]),
            event: event.into(),
            when: ago(minutes),
            state,
            proof: format!("/cases/1150000123/custody/{SAMPLE}"),
        };
        Self {
            frame: Frame::sample_staff(),
            number: CaseNumberText::new("1150000123"),
            back: Link { label: "回案件".into(), href: "/cases/1150000123".into() },
            documents: vec![
                row("申請單第 1 版", "列印申請單", 4000, Badge::new("已簽章", Look::Done)),
                row("簽核申請單掃描檔", "上傳簽核申請單", 30, Badge::new("已串接，待簽章", Look::Going)),
                row("家長(監護人)同意書", "上傳簽核申請單", 0, Badge::new("待串接", Look::Waiting)),
            ],
            signed: Some(ago(40)),
        }
    }

    pub(crate) fn sample_empty() -> Self {
        Self { documents: Vec::new(), signed: None, ..Self::sample() }
    }
}

#[cfg(test)]
impl CustodyProofPage {
    pub(crate) fn sample() -> Self {
        use super::parts::Look;
        let digest = || DigestText::new(SAMPLE);
        let file = |ending: &str, label: &str| Link {
            label: label.into(),
            href: format!("/cases/1150000123/custody/{SAMPLE}.{ending}"),
        };
        Self {
            frame: Frame::sample_staff(),
            number: CaseNumberText::new("1150000123"),
            back: Link { label: "回保管鏈".into(), href: "/cases/1150000123/custody".into() },
            label: "申請單第 1 版".into(),
            digest: digest(),
            state: Badge::new("已簽章", Look::Done),
            facts: vec![Fact::new("文件", "申請單第 1 版"), Fact::new("登記的步驟", "列印申請單")],
            proof: Some(ProofShown {
                leaf_index: 2,
                tree_size: 3,
                leaf_hash: digest(),
                root: digest(),
                path: vec![PathStep { side: "左".into(), hash: digest() }],
                leaf: format!("casebind custody link 1\nseq=1:2\nprevious=64:{SAMPLE}\n"),
                checkpoint: "casebind.example.org/custody\n3\nungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\n"
                    .into(),
                commands: "h=$({ printf '\\000'; cat leaf.txt; } | sha256sum | cut -c1-64)".into(),
                text: file("txt", "下載證明（文字檔）"),
                json: file("json", "下載證明（JSON）"),
            }),
        }
    }

    pub(crate) fn sample_waiting() -> Self {
        use super::parts::Look;
        Self { proof: None, state: Badge::new("待串接", Look::Waiting), ..Self::sample() }
    }
}
