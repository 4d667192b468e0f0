//! `file-manager verify`

use fm_application::operations::{FileBlob, Finding, Findings, Verified, VerifyCommand, VerifyEvent, Wrong};
use fm_domain::archive::{BlobTally, DriveCounters, DriveTally, TreeFault, WrongPlace};
use fm_domain::blobs::Bucket;
use fm_domain::previews::Preview;
use serde_json::{Value, json};

use super::export::archive;
use super::progress::Progress;
use super::say;
use crate::adapters::Purpose;
use crate::cli::VerifyArgs;
use crate::config::Config;
use crate::{Program, StartError};

/// Runs the command; false when something is not as it should be.
pub(super) async fn run(program: &Program, config: &Config, args: VerifyArgs) -> Result<bool, StartError> {
    let wired = program.wire(config, super::public_url(config), Purpose::Look).await?;
    let archive = archive(&wired)?;
    let command = VerifyCommand { rehash: args.rehash, min_age: args.min_age(), repair: args.repair };
    if !args.json {
        say(&format!(
            "{:16}  {:10}  {:36}  {:36}  {:36}  detail",
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
    let verified = use_cases.operations.verify_blobs.run(command, &*archive, &mut tell).await;
    drop(progress);
    wired.shutdown.run().await;
    let verified =
        verified.map_err(|source| StartError::Store { what: "the check, which is not complete,", source })?;
    say(&if args.json { summary(&verified).to_string() } else { sentences(&verified, args.rehash) });
    Ok(verified.is_sound())
}

fn so_far(verified: &Verified) -> String {
    let Verified { files, versions, listed, accounts, findings, .. } = verified;
    let (listed, findings) = (listed.unwrap_or(0), findings.total());
    format!(
        "comparing the database with the store: {files} files, {versions} versions, {listed} blobs listed, {accounts} accounts; \
         {findings} findings"
    )
}

pub(super) fn as_line(finding: &Finding) -> String {
    let (bucket, blob, file, owner, detail) = match finding {
        Finding::File { of: FileBlob { file, version, owner, key }, wrong } => {
            let (blob, file, owner) = (key.to_string(), file.to_string(), owner.to_string());
            let of = version.map(|number| format!("version {}: ", number.number())).unwrap_or_default();
            (key.bucket.as_str(), blob, file, owner, of + &detail(wrong))
        }
        Finding::Preview { of: Preview { original, size, state }, wrong } => {
            let blob = state.blob().map(|blob| blob.to_string()).unwrap_or_default();
            let detail = format!("{} preview of blob {original}: {}", size.as_str(), detail(wrong));
            (Bucket::Thumbnails.as_str(), blob, String::new(), String::new(), detail)
        }
        Finding::Orphan(orphan) => {
            let detail = format!("{}, written at {}; no row knows it", orphan.size, orphan.written_at);
            (orphan.key.bucket.as_str(), orphan.key.to_string(), String::new(), String::new(), detail)
        }
        Finding::Usage(DriveTally { drive, recorded, counted }) => {
            let detail = format!("recorded: {}; counted: {}", counters(recorded), counters(counted));
            ("", String::new(), String::new(), drive.to_string(), detail)
        }
        Finding::References(BlobTally { key, recorded, counted }) => {
            let detail = format!("recorded: {recorded} references; counted: {counted}");
            (key.bucket.as_str(), key.to_string(), String::new(), String::new(), detail)
        }
        Finding::Place(TreeFault { drive, node, wrong }) => {
            ("", String::new(), node.to_string(), drive.to_string(), place(*wrong).to_owned())
        }
    };
    format!("{:16}  {bucket:10}  {blob:36}  {file:36}  {owner:36}  {detail}", finding.name())
}

fn counters(counters: &DriveCounters) -> String {
    let DriveCounters { used, trash, versions, files, nodes } = counters;
    format!("{used} in {files} files, {trash} in the trash, {versions} of old versions, {nodes} items")
}

const fn place(wrong: WrongPlace) -> &'static str {
    match wrong {
        WrongPlace::Unreachable => "it can't be reached from the root of its drive, nor from the trash",
        WrongPlace::Mismarked => "it stands otherwise to the trash than the folder that it lies in",
        WrongPlace::NameTaken => "another item of its folder has the same name",
    }
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
        Finding::File { of: FileBlob { file, version, owner, key }, wrong } => {
            let mut told = json!({
                "bucket": key.bucket.as_str(),
                "blob": key.to_string(),
                "file": file.to_string(),
                "owner": owner.to_string(),
            });
            if let Some(number) = version {
                told["version"] = json!(number.number());
            }
            add(&mut told, wrong);
            told
        }
        Finding::Preview { of: Preview { original, size, state }, wrong } => {
            let mut told = json!({
                "bucket": Bucket::Thumbnails.as_str(),
                "blob": state.blob().map(|blob| blob.to_string()),
                "preview": size.as_str(),
                "original": original.to_string(),
            });
            add(&mut told, wrong);
            told
        }
        Finding::Orphan(orphan) => json!({
            "bucket": orphan.key.bucket.as_str(),
            "blob": orphan.key.to_string(),
            "size": orphan.size,
            "written_at": orphan.written_at.to_string(),
        }),
        Finding::Usage(DriveTally { drive, recorded, counted }) => json!({
            "owner": drive.to_string(),
            "recorded": counters_json(recorded),
            "counted": counters_json(counted),
        }),
        Finding::References(BlobTally { key, recorded, counted }) => json!({
            "bucket": key.bucket.as_str(),
            "blob": key.to_string(),
            "recorded": recorded,
            "counted": counted,
        }),
        Finding::Place(TreeFault { drive, node, wrong: _ }) => json!({
            "owner": drive.to_string(),
            "item": node.to_string(),
        }),
    };
    told["finding"] = json!(finding.name());
    told
}

/// Adds what is wrong with a blob.
fn add(told: &mut Value, wrong: &Wrong) {
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
}

fn counters_json(counters: &DriveCounters) -> Value {
    let DriveCounters { used, trash, versions, files, nodes } = counters;
    json!({"bytes": used, "trash_bytes": trash, "version_bytes": versions, "files": files, "items": nodes})
}

fn summary(verified: &Verified) -> Value {
    let Verified { files, versions, blobs, listed, accounts, findings, repaired } = verified;
    let mut told = json!({
        "files": files,
        "versions": versions,
        "blobs": blobs,
        "listed": listed,
        "accounts": accounts,
        "findings": findings.total(),
        "repaired": repaired,
    });
    for (name, count) in by_name(findings) {
        told[name] = json!(count);
    }
    json!({"summary": told})
}

/// How many findings there are of each name.
const fn by_name(findings: &Findings) -> [(&'static str, u64); 12] {
    [
        ("missing", findings.missing),
        ("wrong_size", findings.wrong_size),
        ("wrong_hash", findings.wrong_hash),
        ("unreadable", findings.unreadable),
        ("not_stored", findings.not_stored),
        ("orphan", findings.orphan),
        ("wrong_usage", findings.wrong_usage),
        ("wrong_references", findings.wrong_references),
        ("unreferenced", findings.unreferenced),
        ("unreachable", findings.unreachable),
        ("mismarked", findings.mismarked),
        ("name_taken", findings.name_taken),
    ]
}

fn sentences(verified: &Verified, rehash: bool) -> String {
    let Verified { files, versions, blobs, listed, accounts, findings, repaired } = verified;
    let how = if rehash { "read and hashed" } else { "asked for" };
    let listed = listed.map_or_else(
        || "the store can't be listed: orphans were not looked for".to_owned(),
        |listed| format!("{listed} blobs listed by the store"),
    );
    let each: Vec<String> = by_name(findings).iter().map(|(name, count)| format!("{name} {count}")).collect();
    format!(
        "checked: {files} files and {versions} versions with {blobs} blobs, {how}; {listed}; {accounts} accounts\n\
         findings: {}, repaired: {repaired} ({})",
        findings.total(),
        each.join(", ")
    )
}
