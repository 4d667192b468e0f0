//! The rules, a file for each subject, and the table that makes tests of them.

mod archive_counts;
mod archive_more;
mod archive_previews;
mod archive_rows;
mod archive_rules;
mod audit;
mod blob;
mod blob_flow;
mod blob_more;
mod blob_references;
mod blob_row;
mod blob_row_more;
mod blob_scale;
mod blob_trouble;
mod check;
mod columns;
mod databases;
mod direct;
mod direct_end;
mod file;
mod hash;
mod id;
mod job;
mod job_concurrency;
mod job_record;
mod job_turns;
mod key;
mod limit;
mod limit_model;
mod limit_store;
mod link;
mod list;
mod long;
mod mac;
mod many;
mod part_link;
mod preview;
mod queues;
mod reach;
mod removal;
mod resume;
mod resume_end;
mod resume_more;
mod rows;
mod session;
mod session_more;
mod session_recent;
mod session_signal_rules;
mod session_stores;
mod standing;
mod stored;
mod stores;
mod thumb;
mod thumb_previews;
mod time;
mod token;
mod tree;
mod tree_ends;
mod tree_more;
mod tree_moves;
mod tree_order;
mod tree_trash;
mod tree_trash_list;
mod tree_units;
mod unit;
mod unit_single;
mod upload;
mod upload_end;
mod user;
mod work;
mod work_more;

use crate::suite::{Suite, suite};

pub use databases::database;
pub use queues::job_queue;
pub use session_stores::session_store;
pub use stores::{blob_store, direct_store, resumable_store, sign_download, sign_parts, thumbnailer};

/// Every suite, in the order of the documentation.
pub const SUITES: &[Suite] = &[
    database::SUITE,
    job_queue::SUITE,
    archive::SUITE,
    session_store::SUITE,
    session_signal::SUITE,
    rate_limiter::SUITE,
    blob_store::SUITE,
    sign_download::SUITE,
    resumable_store::SUITE,
    direct_store::SUITE,
    sign_parts::SUITE,
    thumbnailer::SUITE,
    password_hasher::SUITE,
    token_signer::SUITE,
    mac_signer::SUITE,
    id_source::SUITE,
    clock::SUITE,
];

suite! {
    ($)
    /// Databases that can be moved.
    archive(ArchiveHarness, "Archive"): H::fresh().await;
    archive_rules {
        archive_01_a_snapshot_stays_as_it_was_whatever_is_committed_meanwhile,
        archive_02_every_account_and_entry_comes_once_with_all_that_belongs_to_it,
        archive_03_the_items_of_a_drive_come_once_by_their_ids,
        archive_04_a_file_comes_with_the_size_of_its_thumbnail,
        archive_05_the_finished_keys_of_a_user_come_and_no_others,
        archive_06_blobs_that_no_file_needs_come_in_every_state_and_no_others,
    }
    archive_more {
        archive_07_the_rows_of_a_snapshot_are_counted,
        archive_08_a_sealed_database_takes_no_change_and_can_be_read,
        archive_09_of_units_beside_a_seal_each_is_in_the_next_snapshot_or_refused,
        archive_10_a_database_whose_seal_was_taken_off_takes_changes_again,
        archive_11_of_calls_that_seal_a_database_one_tells_that_it_did,
    }
    archive_rows {
        archive_12_rows_of_a_tree_are_written_as_they_were_read,
        archive_13_old_versions_are_written_as_they_were_read,
        archive_14_the_operations_of_a_user_come_and_no_others,
        archive_15_a_stored_blob_is_added_once,
    }
    archive_counts {
        archive_16_counters_are_told_beside_what_rows_add_up_to_and_are_made_that,
        archive_17_references_are_told_beside_the_rows_that_refer_and_are_made_these,
        archive_18_items_that_are_not_where_they_may_be_are_told,
    }
    archive_previews {
        preview_08_previews_count_as_references_and_go_with_originals_that_nothing_refers_to,
    }
}

suite! {
    ($)
    /// Signals that sessions ended.
    session_signal(SessionSignalHarness, "SessionSignal"): H::fresh().await;
    session_signal_rules {
        sig_01_what_is_published_every_listener_of_every_node_hears_within_a_second,
        sig_02_a_listener_that_comes_late_is_told_of_the_connection_and_of_what_follows,
        sig_03_a_signal_that_is_lost_says_so,
        sig_04_of_many_publications_at_once_none_is_missed,
    }
}

suite! {
    ($)
    /// Limiters of what clients do.
    rate_limiter(RateLimiterHarness, "RateLimiter"): H::fresh().await;
    limit {
        limit_01_the_whole_limit_may_be_taken_at_once_and_no_more,
        limit_02_of_calls_at_once_those_are_allowed_for_which_there_are_units,
        limit_03_what_was_taken_comes_back_evenly,
        limit_04_a_cost_is_taken_as_a_whole_or_not_at_all,
        limit_05_a_refused_call_takes_nothing,
        limit_06_a_cost_above_the_limit_counts_as_the_limit,
        limit_07_what_was_done_counts_past_the_limit_by_another_limit_at_most,
        limit_08_each_action_of_each_client_is_counted_by_itself,
        limit_09_a_decision_tells_what_remains_and_when_more_comes_back,
        limit_10_bytes_beyond_four_gibibytes_are_counted,
    }
    limit_store {
        limit_11_what_one_node_counts_every_node_sees_at_once,
        limit_12_a_limiter_that_is_out_of_reach_is_unavailable,
        limit_13_refused_credentials_are_not_taken_for_a_store_out_of_reach,
        limit_14_a_key_that_has_its_units_back_takes_no_room,
        limit_15_calls_that_are_dropped_leave_room_for_others,
    }
    limit_model {
        limit_16_any_calls_are_answered_as_the_arithmetic_of_the_domain_has_it,
    }
}

suite! {
    ($)
    /// Hashers of passwords.
    password_hasher(PasswordHasherHarness, "PasswordHasher"): H::fresh().await;
    hash {
        hash_01_a_password_matches_its_own_hash_alone,
        hash_02_two_hashes_of_one_password_differ,
        hash_03_a_hash_of_other_parameters_is_right_but_outdated,
        hash_04_a_flood_of_logins_does_not_block_the_runtime,
        hash_05_the_decoy_matches_nothing_and_costs_as_much,
        hash_06_what_is_no_hash_is_never_right,
        hash_07_every_character_of_a_long_password_counts,
        hash_08_calls_that_are_dropped_leave_room_for_others,
    }
}

suite! {
    ($)
    /// Signers of access tokens.
    token_signer(TokenSignerHarness, "TokenSigner"): H::fresh().await;
    token {
        tok_01_a_signed_token_verifies_to_its_claims,
        tok_02_a_tampered_token_is_refused,
        tok_03_a_token_counts_only_within_its_time,
        tok_04_tokens_outlive_a_rotation_of_the_secret,
        tok_05_a_strangers_token_is_refused,
        tok_06_a_token_can_not_choose_its_algorithm,
        tok_07_every_character_of_the_signature_counts_and_none_comes_around_it,
        tok_08_a_token_of_another_issuer_or_audience_is_refused,
    }
}

suite! {
    ($)
    /// Makers of MACs.
    mac_signer(MacSignerHarness, "MacSigner"): H::fresh().await;
    mac {
        mac_01_a_mac_fits_its_message_and_purpose_alone,
        mac_02_equal_messages_have_equal_macs,
        mac_03_macs_outlive_a_rotation_of_the_secret,
        mac_04_a_strangers_mac_is_refused,
        mac_05_every_byte_of_a_mac_and_of_a_long_message_counts,
    }
}

suite! {
    ($)
    /// Sources of ids and randomness.
    id_source(IdSourceHarness, "IdSource"): H::fresh();
    id {
        id_01_every_id_is_a_uuid_of_version_7,
        id_02_no_id_is_given_twice_however_many_ask,
        id_03_later_ids_sort_after_earlier_ones,
        id_04_random_bytes_do_not_repeat,
    }
}

suite! {
    ($)
    /// Clocks.
    clock(ClockHarness, "Clock"): H::fresh();
    time {
        clock_01_the_clock_tells_the_present,
        clock_02_the_clock_goes_on_by_less_than_a_second,
    }
}
