//! 保管鏈: where the documents of a case stand in the custody chain, and the proof of one of them.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::case::ids::Digest;
use crate::custody::proof::{Proof, Side};
use crate::steps::Dossier;
use crate::steps::custody::{CaseCustody, DocumentCustody, Registered};
use crate::store::custody::Signed;

use super::app::App;
use super::documents::content_disposition;
use super::pages::custody::{CustodyDocument, CustodyPage, CustodyProofPage, PathStep, ProofShown};
use super::pages::parts::{Badge, CaseNumberText, DigestText, Fact, Link, Look};
use super::pages::words::Moment;
use super::receipts;
use super::trouble::{WebError, html};
use super::view::path;
use super::visitor::Settled;

/// The documents of a case.
pub async fn show(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let found = app.office.case_custody(&visitor.actor, &visitor.origin, &number).await?;
    let now = app.office.world.now();
    let CaseCustody { dossier, documents, checkpoint } = &found;
    let row = |document: &Registered| CustodyDocument {
        label: receipts::named(dossier, &document.evidence).0,
        digest: DigestText::new(document.evidence.digest.to_string()).first(),
        event: document.event.event.label().into(),
        when: Moment::at(document.event.at, now),
        state: state(document, checkpoint.as_ref()),
        proof: path(&number, &format!("/custody/{}", document.evidence.digest)),
    };
    Ok(html(&CustodyPage {
        frame: visitor.frame(&app, None),
        number: CaseNumberText::new(&number),
        back: Link { label: "回案件".into(), href: path(&number, "") },
        documents: documents.iter().map(row).collect(),
        signed: checkpoint.as_ref().map(|signed| Moment::at(signed.at, now)),
    }))
}

/// How far a document has come: waiting, linked, signed.
fn state(document: &Registered, checkpoint: Option<&Signed>) -> Badge {
    match (document.link, checkpoint) {
        (Some(link), Some(signed)) if link < signed.size => Badge::new("已簽章", Look::Done),
        (Some(_), _) => Badge::new("已串接，待簽章", Look::Going),
        (None, _) => Badge::new("待串接", Look::Waiting),
    }
}

/// The proof of one document: `<digest>` as a page, `<digest>.txt` and `<digest>.json` as files.
pub async fn document(
    State(app): State<App>,
    Settled(visitor): Settled,
    Path((number, file)): Path<(String, String)>,
) -> Result<Response, WebError> {
    let (digest, ending) = file.split_once('.').unwrap_or((&file, ""));
    let digest: Digest = digest.parse().map_err(|_| WebError::not_found())?;
    if !["", "txt", "json"].contains(&ending) {
        return Err(WebError::not_found());
    }
    let found = app.office.document_custody(&visitor.actor, &visitor.origin, &number, digest).await?;
    if ending.is_empty() {
        let frame = visitor.frame(&app, None);
        return Ok(html(&page(found, &number, frame, app.office.world.now())));
    }
    let proof = found.proof.as_ref().ok_or_else(WebError::not_found)?;
    let (kind, text) = match ending {
        "txt" => ("text/plain; charset=utf-8", text(&number, &found.dossier, &found.document, proof)),
        _ => {
            let json = serde_json::to_string_pretty(proof).map_err(|error| WebError::internal(&error))?;
            ("application/json", json + "\n")
        }
    };
    let name = content_disposition("attachment", &format!("保管證明-{number}-{}.{ending}", digest.short()));
    let name = HeaderValue::from_str(&name).map_err(|error| WebError::internal(&error))?;
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, text).into_response())
}

fn page(
    found: DocumentCustody,
    number: &str,
    frame: super::pages::frame::Frame,
    now: i64,
) -> CustodyProofPage {
    let DocumentCustody { dossier, document, checkpoint, proof } = found;
    let digest = document.evidence.digest;
    let label = receipts::named(&dossier, &document.evidence).0;
    let file = |ending: &str, label: &str| Link {
        label: label.into(),
        href: path(number, &format!("/custody/{digest}.{ending}")),
    };
    CustodyProofPage {
        frame,
        number: CaseNumberText::new(number),
        back: Link { label: "回保管鏈".into(), href: path(number, "/custody") },
        state: state(&document, checkpoint.as_ref()),
        facts: vec![
            Fact::new("文件", &label),
            Fact::new("登記的步驟", document.event.event.label()),
            Fact::new("登記時間", Moment::at(document.event.at, now).text),
            Fact::new(
                "最近一次簽章",
                checkpoint.map_or_else(String::new, |one| Moment::at(one.at, now).text),
            ),
        ],
        label,
        digest: DigestText::new(digest.to_string()),
        proof: proof.map(|proof| ProofShown {
            leaf_index: proof.leaf_index,
            tree_size: proof.tree_size,
            leaf_hash: DigestText::new(&proof.leaf_hash),
            root: DigestText::new(&proof.root),
            path: proof.audit_path.iter().map(step).collect(),
            commands: proof.commands().join("\n"),
            leaf: proof.leaf,
            checkpoint: proof.checkpoint,
            text: file("txt", "下載證明（文字檔）"),
            json: file("json", "下載證明（JSON）"),
        }),
    }
}

fn step(step: &crate::custody::proof::Step) -> PathStep {
    PathStep {
        side: if step.side == Side::Left { "左" } else { "右" }.into(),
        hash: DigestText::new(&step.hash),
    }
}

/// The proof as text that a shell can run: words are comments, the rest are the commands.
fn text(number: &str, dossier: &Dossier, document: &Registered, proof: &Proof) -> String {
    let mut lines = vec![
        "保管證明：這份文件登記在保管鏈中，而且包含在下面簽章的檢查點裡。".to_owned(),
        format!("案件編號：{number}"),
        format!("文件：{}", receipts::named(dossier, &document.evidence).0),
        format!("文件的 SHA-256：{}", proof.document_sha256),
        format!("第 {} 個環節（從 0 起算），檢查點共有 {} 個環節", proof.leaf_index, proof.tree_size),
        String::new(),
        "怎麼檢查：".into(),
        "1. sha256sum 文件檔案，結果要和上面的 SHA-256 相同。".into(),
        "2. 執行這個檔案（sh 檔名），或逐行貼上下面的指令：會寫出 leaf.txt，並算出一行文字。".into(),
        "3. leaf.txt 裡要有 document-sha256 和上面的 SHA-256。".into(),
        "4. 算出的那一行要和檢查點的第三行相同。".into(),
        "5. 檢查點的簽章用中心公布的公開金鑰檢查（casebind custody check，或任何支援 C2SP signed-note 的工具）。".into(),
        "   請用您自己或第三人保管的那一份檢查點，不要只相信這裡的。".into(),
        String::new(),
        "檢查點：".into(),
    ];
    lines.extend(proof.checkpoint.lines().map(|line| format!("    {line}")));
    let comments = lines.iter().map(|line| format!("# {line}").trim_end().to_owned() + "\n");
    let commands = proof.commands().into_iter().map(|line| line + "\n");
    comments.chain(["\n".to_owned()]).chain(commands).collect()
}
