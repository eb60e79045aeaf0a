//! What people do, one file per step in the order of the walk.
//!
//! A step takes the [`Office`], the [`Actor`](crate::case::role::Actor) and what was typed or uploaded; it
//! judges by [`crate::case::lifecycle`], writes in one transaction, and answers with a [`StepError`] that
//! a page or the command line can put into words. Steps know no HTTP.
//!
//! Order: [`settle`] 選擇學校 · [`open`] 新增 · [`edit`] 內容 · [`subject`] 對象 · [`attach`] 檢附資料 · [`print`] 列印申請單 ·
//! [`bulk`] 列印所選案件 · [`scan`] 上傳簽核申請單 · [`phone`] 用手機拍照上傳 · [`stack`] 整疊上傳 · [`submit`] 送件, 送出審核 · [`review`] 核閱 ·
//! [`receive`] 收件, 退回核章, 不開案 · [`supplement`] 補件 · [`correct`] 更正, 移交 · [`dispatch`] 派案, 改派 ·
//! [`record`] 紀錄 · [`close`] 結案, 重新開案 · [`withdraw`] 撤案 · [`duties`]: what waits for whom ·
//! [`retrieve`]: originals, hashed again · [`retrieval`] 調閱, 查驗 · [`traces`]: who saw what · [`custody`]: the chain of both ·
//! [`statistics`] 統計 · [`zone`] 分區.
//! Beside the walk: [`notices`] 通知, [`remind`] 提醒, [`waiting`]: how much waits, [`outbox`]: mail, [`sweep`]: old drafts; [`register`] 註冊帳號,
//! [`forgotten`] 忘記密碼, [`address`] 變更信箱, [`collection`] 個資告知, [`accounts`] 帳號,
//! [`schools`] 學校, [`jobs`] 排程, [`fixity`] 原件檢查, [`backups`] 備份, [`bags`] 封存包: cases as bags, out and in,
//! [`retention`] 保存年限, 法律保留, [`disposal`] 銷毀; [`process`]: this process among others, [`ready`]: whether it can work.

pub mod accounts;
pub mod address;
pub mod attach;
pub mod backups;
pub mod bags;
pub mod bulk;
pub mod close;
pub mod collection;
pub mod correct;
pub mod custody;
pub mod dispatch;
pub mod disposal;
pub mod dossier;
pub mod duties;
pub mod edit;
pub mod error;
pub mod export;
mod figures;
pub mod fixity;
pub mod forgotten;
pub mod jobs;
mod letters;
pub mod notices;
mod notify;
pub mod office;
mod one_school;
pub mod open;
pub mod outbox;
pub mod phone;
pub mod picture;
mod pieces;
pub mod print;
pub mod process;
pub mod queue;
pub mod ready;
pub mod receive;
pub mod record;
pub mod register;
pub mod remind;
pub mod retention;
pub mod retrieval;
pub mod retrieve;
pub mod review;
pub mod scan;
pub mod schools;
pub mod sealing;
pub mod settings;
pub mod settle;
pub mod stack;
pub mod statistics;
pub mod subject;
pub mod submit;
pub mod supplement;
pub mod sweep;
pub mod traces;
pub mod upload;
pub mod waiting;
pub mod withdraw;
mod words;
pub mod zone;

pub use dossier::Dossier;
pub use error::StepError;
pub use office::Office;
