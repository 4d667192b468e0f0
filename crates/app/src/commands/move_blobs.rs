//! `file-manager move-blobs`

use fm_application::operations::{Findings, MoveBlobsCommand, MoveBlobsError, MoveEvent, MovedBlobs};
use serde_json::{Value, json};

use super::complaints::refuse;
use super::progress::Progress;
use super::{say, verify};
use crate::adapters::Purpose;
use crate::cli::MoveBlobsArgs;
use crate::config::Config;
use crate::{Program, StartError};

/// Runs the command; false when the new store does not have every blob that a file needs.
pub(super) async fn run(program: &Program, config: &Config, args: MoveBlobsArgs) -> Result<bool, StartError> {
    check(config, &args)?;
    let purpose = if args.dry_run { Purpose::Look } else { Purpose::Work };
    let wired = program.wire(config, super::public_url(config), purpose).await?;
    let MoveBlobsArgs { dry_run, empty_source, parallel, json, .. } = args;
    let command = MoveBlobsCommand { parallel: parallel.into(), dry_run, empty_source };
    let use_cases = wired.use_cases();
    let progress = Progress::of_all_files("moving blobs", &use_cases).await;
    let mut tell = |event: MoveEvent<'_>| match event {
        MoveEvent::Found(finding) => progress.interrupted(|| {
            say(&if json { verify::as_json(finding).to_string() } else { verify::as_line(finding) });
        }),
        MoveEvent::Progress(moved) => progress.show(moved.files, so_far(moved)),
    };
    let moved = use_cases.operations.move_blobs.run(command, &mut tell).await;
    drop(progress);
    wired.shutdown.run().await;
    match moved {
        Ok(moved) => {
            say(&if json { summary(&moved, dry_run).to_string() } else { sentences(&moved, dry_run) });
            Ok(moved.is_complete())
        }
        Err(MoveBlobsError::Store(source)) => {
            Err(StartError::Store { what: "the move, which is not complete,", source })
        }
        Err(refusal @ (MoveBlobsError::NotMoving | MoveBlobsError::SamePlace)) => Ok(refuse(&refusal)),
    }
}

/// The direction is said twice, by the configuration and by the operator.
fn check(config: &Config, args: &MoveBlobsArgs) -> Result<(), StartError> {
    let (storage, to) = (&config.storage, &args.to);
    if *to != storage.blob_store {
        return Err(StartError::unworkable(
            format!("move-blobs --to {to} with BLOB_STORE={}", storage.blob_store),
            "blobs are moved to the store of BLOB_STORE",
            format!("set BLOB_STORE={to}, and BLOB_STORE_FALLBACK to the store that they come from"),
        ));
    }
    if storage.fallback.is_none() {
        return Err(StartError::unworkable(
            format!("move-blobs --to {to} without BLOB_STORE_FALLBACK"),
            "it says which store the blobs come from",
            "set it here and for the service, and restart the service first",
        ));
    }
    Ok(())
}

fn so_far(moved: &MovedBlobs) -> String {
    let MovedBlobs { files, moved, skipped, bytes, emptied, .. } = moved;
    format!(
        "moving blobs: {files} files, {moved} blobs moved ({bytes} bytes), {skipped} there before, {emptied} deleted"
    )
}

fn summary(moved: &MovedBlobs, dry_run: bool) -> Value {
    let MovedBlobs { files, blobs, moved, bytes, skipped, deleted, findings, emptied } = moved;
    let Findings { missing, wrong_size, wrong_hash, unreadable, .. } = findings;
    json!({"summary": {
        "dry_run": dry_run,
        "files": files,
        "blobs": blobs,
        "moved": moved,
        "bytes": bytes,
        "skipped": skipped,
        "deleted_meanwhile": deleted,
        "missing": missing,
        "mismatched": wrong_size + wrong_hash + unreadable,
        "wrong_size": wrong_size,
        "wrong_hash": wrong_hash,
        "unreadable": unreadable,
        "emptied": emptied,
    }})
}

fn sentences(moved: &MovedBlobs, dry_run: bool) -> String {
    let MovedBlobs { files, blobs, moved, bytes, skipped, deleted, findings, emptied } = moved;
    let Findings { missing, wrong_size, wrong_hash, unreadable, .. } = findings;
    let (verb, note) = if dry_run { ("to move", "; nothing was changed") } else { ("moved", "") };
    format!(
        "{verb}: {moved} blobs of {bytes} bytes, of {blobs} blobs of {files} files; there before: {skipped}; deleted by users \
         meanwhile: {deleted}{note}\n\
         not moved: {} (missing {missing}, wrong_size {wrong_size}, wrong_hash {wrong_hash}, unreadable {unreadable})\n\
         deleted from the old store: {emptied}",
        findings.total()
    )
}
