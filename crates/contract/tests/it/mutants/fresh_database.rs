//! More databases with one fault: what SQL is easily written wrong.

use fm_domain::access::Access;
use fm_domain::error::PortResult;
use fm_domain::files::{File, FileFilter, FilePage, FileSort, PageKey, SortOrder};
use fm_domain::ids::FileId;

use crate::mutants::broken_database::{BrokenReads, Fault, broken};
use crate::mutants::mutants;

/// The text without the accents of its letters, as some collations compare it.
pub(crate) fn without_accents(text: &str) -> String {
    let plain = |letter: char| match letter {
        'é' | 'è' | 'É' => 'e',
        'å' | 'Å' | 'ä' => 'a',
        'ö' => 'o',
        'ü' => 'u',
        other => other,
    };
    text.chars().map(plain).collect()
}

/// The first characters of the text.
pub(crate) fn first(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// A limit as a column of 31 bits has it.
pub(crate) fn limit_31(limit: u32) -> u32 {
    if i32::try_from(limit).is_ok() { limit } else { 0 }
}

/// The same place, if the file there had this id.
pub(crate) fn with_id(key: PageKey, id: FileId) -> PageKey {
    match key {
        PageKey::CreatedAt(moment, _) => PageKey::CreatedAt(moment, id),
        PageKey::Name(name, _) => PageKey::Name(name, id),
        PageKey::Size(size, _) => PageKey::Size(size, id),
    }
}

impl BrokenReads {
    /// A store whose column of names for searching, or for sorting, is written when a file is inserted alone.
    pub(crate) async fn list_by_old_names(
        &mut self,
        access: &Access,
        filter: &FileFilter,
        page: &FilePage,
    ) -> PortResult<Vec<File>> {
        let old = self.common.files.lock().unwrap().clone();
        let name = |file: &File| old.get(&file.id).map_or_else(|| file.name.clone(), |old| old.name.clone());
        if self.fault != Fault::SortsByOldNames {
            let accents = self.fault == Fault::SearchesOldNames;
            let key = |text: &str| if accents { text.to_owned() } else { without_accents(text) };
            let every = FileFilter { name_contains: None, ..filter.clone() };
            let all = FilePage { limit: u32::MAX, ..page.clone() };
            let mut files = self.inner.files().list(access, &every, &all).await?;
            if let Some(text) = &filter.name_contains {
                let name = |file: &File| if accents { name(file) } else { file.name.clone() };
                files.retain(|file| key(&name(file).search_key()).contains(&key(text)));
            }
            files.truncate(page.limit as usize);
            return Ok(files);
        }
        if page.sort != FileSort::Name {
            return self.inner.files().list(access, filter, page).await;
        }
        let all = FilePage { after: None, limit: u32::MAX, ..page.clone() };
        let mut files = self.inner.files().list(access, filter, &all).await?;
        files.sort_by_key(|file| (name(file).sort_key(), file.id));
        if page.order == SortOrder::Descending {
            files.reverse();
        }
        if let Some(PageKey::Name(text, id)) = &page.after {
            let place = (text.clone(), *id);
            files.retain(|file| {
                let here = (name(file).sort_key(), file.id);
                if page.order == SortOrder::Ascending { here > place } else { here < place }
            });
        }
        files.truncate(page.limit as usize);
        Ok(files)
    }
}

mutants! {
    a_repo_that_folds_addresses_as_ascii: broken(Fault::FoldsAsciiAlone) => database, ["USER-02"];
    a_repo_that_keeps_names_that_are_cleared: broken(Fault::KeepsNamesThatAreCleared) => database, ["USER-11"];
    a_repo_that_frees_before_it_adds: broken(Fault::FreesBeforeItAdds) => database, ["USER-19", "USER-29"];
    a_repo_that_reserves_with_overflow: broken(Fault::ReservesWithOverflow) => database, ["USER-20"];
    a_list_that_searches_old_names: broken(Fault::SearchesOldNames) => database, ["FILE-21"];
    a_list_that_sorts_by_old_names: broken(Fault::SortsByOldNames) => database, ["FILE-21"];
    a_list_that_pages_filters_by_the_key_alone: broken(Fault::PagesFiltersByTheKeyAlone) => database, ["FILE-29", "FILE-23"];
    a_list_of_a_folder_that_has_files_of_others: broken(Fault::ListsFilesOfEveryFolder) => database, ["FILE-29"];
    a_list_that_reads_backslashes_as_escapes: broken(Fault::ReadsBackslashesAsEscapes) => database, ["FILE-22"];
    a_list_that_pages_from_the_row_of_the_key: broken(Fault::PagesFromTheRowOfTheKey) => database, ["FILE-01"];
    a_repo_that_removes_files_of_anybody: broken(Fault::RemovesAnybodysFiles) => database, ["FILE-03"];
    a_repo_that_keeps_old_thumbnails: broken(Fault::KeepsOldThumbnails) => database, ["FILE-24"];
    a_repo_that_forgets_placeholders: broken(Fault::ForgetsPlaceholders) => database, ["FILE-04", "FILE-05", "FILE-06"];
    a_repo_that_counts_failures_in_16_bits: broken(Fault::CountsFailuresIn16Bits) => database, ["FILE-04"];
    a_repo_that_postpones_the_deletion_itself: broken(Fault::PostponesTheDeletionItself) => database,
        ["BLOBROW-09"];
    a_repo_that_expires_files_alone: broken(Fault::ExpiresFilesAlone) => database, ["BLOBROW-07"];
    a_repo_that_forgets_owners_of_thumbnails: broken(Fault::ForgetsOwnersOfThumbnails) => database,
        ["BLOBROW-07", "BLOB-32"];
    a_repo_that_keeps_the_first_lease_of_a_holder: broken(Fault::KeepsTheFirstLeaseOfAHolder) => database, ["KEY-14"];
    a_repo_that_remembers_uploads_of_reclaimed_keys: broken(Fault::RemembersUploadsOfReclaimedKeys) => database,
        ["KEY-15"];
    a_repo_that_frees_one_key_of_a_file: broken(Fault::FreesOneKeyOfAFile) => database, ["KEY-16"];
    a_repo_that_finds_the_first_of_equal_uploads: broken(Fault::FindsTheFirstOfEqualUploads) => database, ["UPLOAD-19"];
    a_repo_that_keeps_what_uploads_no_longer_have: broken(Fault::KeepsWhatUploadsNoLongerHave) => database,
        ["UPLOAD-04"];
    a_repo_that_inserts_what_it_updates: broken(Fault::InsertsWhatItUpdates) => database, ["UPLOAD-03", "UPLOAD-23"];
    a_queue_that_calls_retries_due_at_once: broken(Fault::CallsRetriesDueAtOnce) => job_queue, ["JOB-30"];
    a_queue_that_claims_by_the_first_time: broken(Fault::ClaimsByTheFirstTime) => job_queue, ["JOB-30", "JOB-36", "JOB-37"];
    a_queue_that_takes_the_dead_without_their_error: broken(Fault::TakesTheDeadWithoutTheirError) => job_queue,
        ["JOB-31"];
    a_queue_that_signals_before_the_commit: broken(Fault::SignalsBeforeTheCommit) => job_queue, ["JOB-32"];
    a_queue_that_filters_jobs_after_the_limit: broken(Fault::FiltersJobsAfterTheLimit) => job_queue, ["JOB-33"];
    a_queue_that_claims_kinds_after_the_limit: broken(Fault::ClaimsKindsAfterTheLimit) => job_queue, ["JOB-34"];
    a_database_that_loses_connections_of_dropped_units: broken(Fault::LosesConnectionsOfDroppedUnits) =>
        database, ["UOW-15", "TREE-03"];
    a_database_that_takes_limits_as_31_bits: broken(Fault::TakesLimitsAs31Bits) => database,
        ["FILE-16", "JOB-22"];
    a_repo_that_keeps_hashes_in_60_characters: broken(Fault::KeepsHashesIn60Characters) => database, ["USER-21"];
    a_repo_that_ignores_accents_of_addresses: broken(Fault::IgnoresAccentsOfAddresses) => database, ["USER-22"];
    a_repo_that_keeps_types_in_64_characters: broken(Fault::KeepsTypesIn64Characters) => database, ["FILE-25"];
    a_list_that_searches_without_accents: broken(Fault::SearchesWithoutAccents) => database, ["FILE-26"];
    a_repo_that_keeps_keys_in_128_characters: broken(Fault::KeepsKeysIn128Characters) => database, ["KEY-17"];
    a_repo_that_keeps_tags_in_32_characters: broken(Fault::KeepsTagsIn32Characters) => database, ["UPLOAD-20"];
    a_queue_that_compares_names_to_64_characters: broken(Fault::ComparesNamesTo64Characters) => job_queue, ["JOB-35"];
    a_repo_that_reserves_in_32_bits: broken(Fault::ReservesIn32Bits) => database, ["USER-15", "USER-20"];
    a_repo_that_counts_files_in_32_bits: broken(Fault::CountsFilesIn32Bits) => database, ["USER-15"];
    a_repo_that_refuses_a_full_quota: broken(Fault::RefusesAFullQuota) => database, ["USER-16"];
    a_repo_that_forgets_reservations: broken(Fault::ForgetsReservations) => database, ["USER-16"];
    a_repo_that_trims_names: broken(Fault::TrimsNames) => database, ["USER-17"];
    a_repo_that_keeps_names_in_16_bits: broken(Fault::KeepsNamesIn16Bits) => database, ["USER-17"];
    a_repo_that_calls_every_conflict_a_taken_address: broken(Fault::CallsEveryConflictATakenAddress) => database, ["USER-18"];
    a_list_that_filters_after_the_limit: broken(Fault::FiltersAfterTheLimit) => database, ["FILE-29", "FILE-17", "FILE-23"];
    a_list_that_pages_to_the_millisecond: broken(Fault::PagesToTheMillisecond) => database, ["FILE-18"];
    a_list_that_pages_sizes_as_floats: broken(Fault::PagesSizesAsFloats) => database, ["FILE-18"];
    a_repo_that_trims_names_of_files: broken(Fault::TrimsFileNames) => database, ["FILE-19"];
    a_repo_that_stores_sizes_in_32_bits: broken(Fault::StoresSizesIn32Bits) => database, ["BLOBROW-15"];
    a_repo_that_records_intents_in_32_bits: broken(Fault::RecordsIntentsIn32Bits) => database, ["BLOBROW-15"];
    a_repo_that_finds_tombstones_in_any_bucket: broken(Fault::FindsTombstonesInAnyBucket) => database, ["BLOBROW-16"];
    a_repo_that_records_intents_again: broken(Fault::RecordsIntentsAgain) => database, ["BLOBROW-17"];
    a_repo_that_cancels_at_once: broken(Fault::CancelsAtOnce) => database, ["BLOBROW-18"];
    a_repo_that_cancels_what_ends_now: broken(Fault::CancelsWhatEndsNow) => database, ["BLOBROW-02", "BLOBROW-13", "BLOBROW-17", "BLOBROW-18", "BLOBROW-14", "BLOBROW-07"];
    a_repo_that_frees_the_finished: broken(Fault::FreesTheFinished) => database, ["KEY-12"];
    a_repo_that_finishes_again: broken(Fault::FinishesAgain) => database, ["KEY-07", "KEY-12"];
    a_repo_that_leases_keys_to_the_second: broken(Fault::LeasesKeysToTheSecond) => database, ["KEY-13"];
    a_repo_that_expires_resumable_uploads_alone: broken(Fault::ExpiresResumableUploadsAlone) => database, ["UPLOAD-17"];
    a_repo_that_inserts_uploads_again: broken(Fault::InsertsUploadsAgain) => database, ["UPLOAD-18"];
    a_list_of_a_page_of_files: broken(Fault::ListsAPageOfFiles) => database, ["FILE-16"];
    a_walk_of_a_page: broken(Fault::WalksAPage) => database, ["FILE-16"];
    a_tally_of_a_page: broken(Fault::TalliesAPage) => database, ["USER-14"];
    a_repo_that_marks_a_page_deleted: broken(Fault::MarksAPageDeleted) => database, ["BLOBROW-14"];
    a_repo_that_finds_a_page_due: broken(Fault::FindsAPageDue) => database, ["BLOBROW-14"];
    a_repo_that_purges_a_page_of_keys: broken(Fault::PurgesAPageOfKeys) => database, ["KEY-11"];
    a_repo_that_expires_a_page_of_uploads: broken(Fault::ExpiresAPageOfUploads) => database, ["UPLOAD-16"];
    a_repo_that_purges_a_page_of_uploads: broken(Fault::PurgesAPageOfUploads) => database, ["UPLOAD-16"];
}
