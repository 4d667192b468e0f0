//! `file-manager verify`

use fm_application::operations::{FileBlob, Finding, Findings, Verified, VerifyCommand, VerifyEvent, Wrong};
use fm_domain::accounts::Tally;
use serde_json::{Value, json};

use super::progress::Progress;
use super::say;
use crate::adapters::Purpose;
use crate::cli::VerifyArgs;
use crate::config::Config;
use crate::{Program, StartError};

/// Runs the command; false when something is not as it should be.
pub(super) async fn run(program: &Program, config: &Config, args: VerifyArgs) -> Result<bool, StartError> {
    let wired = program.wire(config, super::public_url(config), Purpose::Look).await?;
    let command = VerifyCommand { rehash: args.rehash, min_age: args.min_age() };
    if !args.json {
        say(&format!(
            "{:11}  {:10}  {:36}  {:36}  {:36}  detail",
            "finding", "bucket", "blob", "file", "owner"
        ));
    }
    let use_cases = wired.use_cases();
    let progress = Progress::of_all_files("comparing the database with the store", &use_cases).await;
    let mut tell = |event: VerifyEvent<'_>| match event {
        VerifyEvent::Found(finding) => progress.interrupted(|| {
            say(&if args.json { as_json(finding).to_string() } else { as_line(finding) });
        }),
        VerifyEvent::Progress(verified) => progress.show(verified.files, so_far(verified)),
    };
    let verified = use_cases.operations.verify_blobs.run(command, &mut tell).await;
    drop(progress);
    wired.shutdown.run().await;
    let verified =
        verified.map_err(|source| StartError::Store { what: "the check, which is not complete,", source })?;
    say(&if args.json { summary(&verified).to_string() } else { sentences(&verified, args.rehash) });
    Ok(verified.findings.total() == 0)
}

fn so_far(verified: &Verified) -> String {
    let Verified { files, listed, accounts, findings, .. } = verified;
    let (listed, findings) = (listed.unwrap_or(0), findings.total());
    format!(
        "comparing the database with the store: {files} files, {listed} blobs listed, {accounts} accounts; {findings} findings"
    )
}

pub(super) fn as_line(finding: &Finding) -> String {
    let (bucket, blob, file, owner, detail) = match finding {
        Finding::File { of: FileBlob { file, owner, key }, wrong } => {
            let (blob, file, owner) = (key.to_string(), file.to_string(), owner.to_string());
            (key.bucket.as_str(), blob, file, owner, detail(wrong))
        }
        Finding::Orphan(orphan) => {
            let detail = format!("{}, written at {}; no row knows it", orphan.size, orphan.written_at);
            (orphan.key.bucket.as_str(), orphan.key.to_string(), String::new(), String::new(), detail)
        }
        Finding::Usage(Tally { user, recorded, counted }) => {
            let detail = format!(
                "recorded: {} in {} files; counted: {} in {} files",
                recorded.bytes, recorded.files, counted.bytes, counted.files
            );
            ("", String::new(), String::new(), user.to_string(), detail)
        }
    };
    format!("{:11}  {bucket:10}  {blob:36}  {file:36}  {owner:36}  {detail}", finding.name())
}

/// One line, whatever an error says.
fn detail(wrong: &Wrong) -> String {
    match wrong {
        Wrong::Missing => "the store does not have it".to_owned(),
        Wrong::Size { recorded, stored } => format!("recorded: {recorded}; stored: {stored}"),
        Wrong::Hash { recorded, stored } => format!("recorded: {recorded}; stored: {stored}"),
        Wrong::Unreadable(reason) => reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
        Wrong::NotStored => "the database does not count it as stored: a sweep may delete it".to_owned(),
    }
}

pub(super) fn as_json(finding: &Finding) -> Value {
    let mut told = match finding {
        Finding::File { of: FileBlob { file, owner, key }, wrong } => {
            let mut told = json!({
                "bucket": key.bucket.as_str(),
                "blob": key.to_string(),
                "file": file.to_string(),
                "owner": owner.to_string(),
            });
            match wrong {
                Wrong::Missing | Wrong::NotStored => {}
                Wrong::Size { recorded, stored } => {
                    (told["recorded"], told["stored"]) = (json!(recorded), json!(stored));
                }
                Wrong::Hash { recorded, stored } => {
                    (told["recorded"], told["stored"]) = (json!(recorded), json!(stored));
                }
                Wrong::Unreadable(reason) => told["reason"] = json!(reason),
            }
            told
        }
        Finding::Orphan(orphan) => json!({
            "bucket": orphan.key.bucket.as_str(),
            "blob": orphan.key.to_string(),
            "size": orphan.size,
            "written_at": orphan.written_at.to_string(),
        }),
        Finding::Usage(Tally { user, recorded, counted }) => json!({
            "owner": user.to_string(),
            "recorded": {"bytes": recorded.bytes, "files": recorded.files},
            "counted": {"bytes": counted.bytes, "files": counted.files},
        }),
    };
    told["finding"] = json!(finding.name());
    told
}

fn summary(verified: &Verified) -> Value {
    let Verified { files, blobs, listed, accounts, findings } = verified;
    let Findings { missing, wrong_size, wrong_hash, unreadable, not_stored, orphan, wrong_usage } = findings;
    json!({"summary": {
        "files": files,
        "blobs": blobs,
        "listed": listed,
        "accounts": accounts,
        "findings": findings.total(),
        "missing": missing,
        "wrong_size": wrong_size,
        "wrong_hash": wrong_hash,
        "unreadable": unreadable,
        "not_stored": not_stored,
        "orphan": orphan,
        "wrong_usage": wrong_usage,
    }})
}

fn sentences(verified: &Verified, rehash: bool) -> String {
    let Verified { files, blobs, listed, accounts, findings } = verified;
    let Findings { missing, wrong_size, wrong_hash, unreadable, not_stored, orphan, wrong_usage } = findings;
    let how = if rehash { "read and hashed" } else { "asked for" };
    let listed = listed.map_or_else(
        || "the store can't be listed: orphans were not looked for".to_owned(),
        |listed| format!("{listed} blobs listed by the store"),
    );
    format!(
        "checked: {files} files with {blobs} blobs, {how}; {listed}; {accounts} accounts\n\
         findings: {} (missing {missing}, wrong_size {wrong_size}, wrong_hash {wrong_hash}, unreadable {unreadable}, \
         not_stored {not_stored}, orphan {orphan}, wrong_usage {wrong_usage})",
        findings.total()
    )
}
