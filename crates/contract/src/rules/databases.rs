//! The table of databases.

use super::queues::job_queue;
use super::{
    audit, blob_references, blob_row, blob_row_more, check, columns, file, key, list, long, many, preview,
    reach, removal, rows, standing, tree, tree_ends, tree_more, tree_moves, tree_order, tree_trash,
    tree_trash_list, tree_units, unit, unit_single, upload, upload_end, user, work, work_more,
};
use crate::suite::suite;

suite! {
    ($)
    /// Databases: units of work, users, files, the rows of blobs, previews, idempotency keys, uploads, the audit
    /// trail, and the queue with them.
    database(DatabaseHarness, "Database"): H::fresh().await, with job_queue;
    unit {
        uow_01_a_commit_shows_row_and_job_together,
        uow_02_a_dropped_unit_shows_neither_row_nor_job,
        uow_03_a_refusal_does_not_poison_the_unit,
        uow_04_a_commit_after_a_failed_statement_is_never_ok,
        uow_05_a_dropped_unit_frees_its_locks_at_once,
        uow_06_cancelling_at_any_await_leaves_all_or_nothing,
        uow_07_a_unit_sees_its_own_changes,
        uow_08_reads_see_nothing_of_an_open_unit_and_do_not_wait_for_it,
        uow_09_a_rollback_undoes_everything,
        uow_10_units_that_want_the_same_rows_all_get_through,
        uow_15_units_and_reads_that_are_dropped_leave_room_for_others,
    }
    unit_single {
        uow_16_a_unit_of_a_single_call_is_kept_by_its_commit_and_a_refusal_changes_nothing,
        uow_17_an_upload_that_a_unit_of_a_single_call_found_is_updated_as_it_was_found_or_not_at_all,
        uow_18_a_drive_is_entered_with_a_blob_that_is_an_intent_or_it_is_told_why,
    }
    user {
        user_01_a_taken_address_is_a_refusal_and_does_not_poison,
        user_02_addresses_compare_without_regard_to_case,
        user_03_a_user_is_read_back_as_written,
        user_04_a_password_is_replaced_only_while_it_is_the_one_seen,
        user_05_two_units_never_both_reserve_the_last_byte,
        user_06_a_reservation_past_the_quota_is_refused_and_changes_nothing,
        user_07_a_charge_is_applied_as_a_whole_or_refused,
        user_08_counters_never_go_below_zero,
        user_09_a_removed_user_goes_with_files_and_keys_but_not_blobs,
        user_10_of_units_that_lock_one_user_each_sees_what_the_last_one_did,
        user_11_a_name_is_replaced_and_cleared,
        user_12_of_units_that_insert_one_address_one_succeeds,
    }
    file {
        file_02_a_stale_revision_is_refused,
        file_03_another_owners_file_is_answered_like_none,
        file_04_a_file_is_read_back_as_written,
        file_05_an_update_replaces_all_but_id_owner_and_creation,
        file_06_a_thumbnail_is_set_only_while_the_file_points_to_its_blob,
        file_07_a_removed_file_is_given_once,
        file_08_of_units_that_edit_one_revision_one_succeeds,
        file_09_of_units_that_lock_one_file_each_sees_what_the_last_one_did,
        file_14_a_hash_is_set_once_and_only_while_the_file_points_to_its_blob,
    }
    list {
        file_01_pages_neither_skip_nor_repeat_while_files_come_and_go,
        file_10_lists_are_in_order_with_ties_by_id,
        file_11_pages_of_any_size_and_order_give_the_whole_list,
        file_12_a_part_of_a_name_is_found_literally_in_any_case_of_any_script,
        file_13_all_that_a_filter_names_must_match,
        file_29_files_are_listed_by_their_folder_and_the_time_of_their_content,
    }
    blob_row {
        blobrow_01_a_recorded_intent_is_marked_stored_once,
        blobrow_02_a_cancelled_intent_is_not_marked_stored,
        blobrow_03_tombstones_are_due_at_their_time_the_longest_due_first,
        blobrow_04_a_stored_blob_is_never_cancelled,
        blobrow_05_an_expired_intent_is_cancelled_once_and_given_with_its_reservation,
        blobrow_06_renewing_moves_the_expiry_of_a_recorded_intent,
        blobrow_08_only_rows_of_tombstones_are_removed,
        blobrow_09_postponing_moves_the_next_deletion_of_a_tombstone_alone,
        blobrow_10_marking_deleted_answers_once,
        blobrow_11_of_a_commit_and_a_sweep_at_once_one_wins,
    }
    key {
        key_01_of_units_that_claim_a_free_key_one_holds_it,
        key_02_a_holder_may_claim_its_key_again,
        key_03_a_held_key_is_running_until_its_lease_runs_out,
        key_04_a_finished_key_gives_its_upload_until_it_expires,
        key_05_a_freed_key_can_be_claimed_at_once,
        key_06_renewing_prolongs_the_lease_of_the_holder,
        key_07_an_attempt_that_lost_its_key_can_do_nothing_to_it,
        key_08_freeing_a_file_frees_the_keys_that_made_it,
        key_09_ended_keys_are_purged_up_to_the_limit,
        key_10_a_key_is_its_users_own,
    }
    upload {
        upload_01_an_upload_is_read_back_as_written,
        upload_02_of_units_that_acquire_an_upload_at_once_one_does,
        upload_03_a_request_that_was_shut_out_changes_nothing,
        upload_04_an_update_replaces_all_but_id_owner_transport_key_and_creation,
        upload_05_another_owners_upload_is_answered_like_none,
        upload_06_the_latest_upload_with_a_key_is_found,
        upload_07_of_units_that_lock_one_upload_each_sees_what_the_last_one_did,
        upload_08_a_dropped_unit_leaves_uploads_as_they_were,
    }
    upload_end {
        upload_09_parts_come_by_number_and_one_that_is_added_again_replaces_the_first,
        upload_10_a_removed_upload_goes_with_its_parts,
        upload_11_removing_those_of_a_file_removes_the_uploads_that_made_it_alone,
        upload_12_open_uploads_that_expired_are_given_the_oldest_first,
        upload_13_no_expired_upload_is_given_to_two_units_at_once,
        upload_14_ended_uploads_are_purged_after_their_time_up_to_the_limit,
        upload_15_a_removed_user_goes_with_their_uploads,
        upload_21_the_open_uploads_of_the_user_alone_are_counted,
        upload_22_units_that_reserve_and_count_never_pass_a_limit_together,
    }
    audit {
        audit_01_an_entry_is_read_back_as_written,
        audit_02_entries_are_there_exactly_when_their_unit_is_committed,
        audit_03_an_entry_that_is_there_is_never_replaced,
        audit_04_entries_are_listed_newest_first_with_ties_by_id,
        audit_05_an_account_is_shown_its_own_entries_alone,
        audit_06_all_that_a_filter_names_must_fit,
        audit_07_entries_outlive_the_account_that_they_tell_of,
        audit_08_entries_are_purged_by_age_the_oldest_first_up_to_the_limit,
    }
    check {
        file_15_a_walk_gives_every_file_of_every_owner_once_by_id,
        tree_19_a_walk_gives_every_old_version_of_every_owner_once,
        user_13_a_tally_holds_what_is_recorded_beside_what_the_files_add_up_to,
        blobrow_12_blobs_are_found_by_their_ids_in_every_state,
        blobrow_13_what_a_sweep_would_take_is_counted_and_left,
    }
    reach {
        uow_11_a_database_that_serves_answers_a_ping,
        uow_12_what_one_node_commits_every_node_sees_at_once,
        uow_13_a_database_that_is_out_of_reach_is_unavailable,
        uow_14_refused_credentials_are_not_taken_for_a_database_out_of_reach,
    }
    rows {
        user_15_counters_hold_more_than_four_gibibytes,
        user_16_a_quota_is_filled_to_the_last_byte_and_not_beyond,
        user_17_names_of_every_script_are_kept_and_touch_no_other_user,
        user_18_a_second_user_with_one_id_is_an_error_and_no_taken_address,
        file_17_a_page_of_a_filtered_list_is_full_as_long_as_there_is_more,
        file_18_files_a_microsecond_or_a_byte_apart_are_on_one_page_each,
        file_19_names_of_every_script_are_kept_found_and_sorted,
        file_20_a_change_of_one_file_leaves_every_other_as_it_is,
    }
    blob_row_more {
        blobrow_15_sizes_and_reservations_of_more_than_four_gibibytes_are_kept,
        blobrow_16_a_tombstone_is_found_in_its_own_bucket_alone,
        blobrow_17_a_second_intent_with_one_id_is_an_error,
        blobrow_18_each_way_of_marking_deleted_is_due_at_its_own_time,
    }
    many {
        file_16_more_files_than_a_page_are_listed_and_walked_as_asked_for,
        user_14_more_users_than_a_page_are_tallied,
        blobrow_14_more_blobs_than_a_page_expire_and_are_due,
        key_11_more_keys_than_a_page_are_purged,
        upload_16_more_uploads_than_a_page_expire_and_are_purged,
    }
    work {
        key_12_a_finished_key_is_neither_freed_renewed_nor_finished_again,
        key_13_a_lease_is_over_at_its_end_to_the_microsecond,
        upload_17_uploads_of_every_transport_expire_and_none_changes_another,
        upload_18_a_second_upload_with_one_id_is_an_error,
    }
    columns {
        user_19_a_charge_adds_before_it_stops_at_zero,
        user_20_amounts_that_no_counter_holds_are_refused,
        file_21_a_renamed_file_is_found_and_sorted_by_its_new_name,
        file_22_a_backslash_in_a_filter_is_a_character_like_any_other,
        file_23_pages_of_a_filtered_list_break_ties_by_id,
        file_24_an_update_takes_away_what_the_file_no_longer_has,
        blobrow_07_blobs_of_both_buckets_expire,
    }
    work_more {
        key_14_a_holder_that_claims_again_holds_until_its_new_end,
        key_15_a_key_that_is_claimed_again_remembers_no_earlier_upload,
        key_16_every_key_of_a_file_is_freed_and_no_other,
        upload_19_of_uploads_of_one_moment_the_larger_id_is_found,
    }
    removal {
        user_23_a_user_who_is_marked_as_removed_is_found_by_no_query,
        user_24_the_address_of_a_user_who_is_marked_as_removed_is_free,
        user_25_a_unit_under_way_meets_no_user_once_they_are_marked_as_removed,
        user_26_what_a_removed_user_had_goes_up_to_the_limit,
        user_27_only_users_who_are_marked_as_removed_are_removed,
        file_27_files_of_a_user_who_is_marked_as_removed_are_answered_like_none,
        upload_23_uploads_of_a_user_who_is_marked_as_removed_are_answered_like_none,
        key_18_every_key_of_a_user_who_is_marked_as_removed_is_free,
    }
    standing {
        user_28_role_suspension_and_quota_are_set_each_by_itself,
        user_29_a_quota_of_ones_own_counts_instead_of_the_given_one,
        user_30_a_reservation_beside_a_change_of_the_quota_obeys_the_one_committed_first,
        user_31_the_admins_who_are_not_suspended_are_locked_by_their_ids,
        user_32_of_units_that_each_leave_an_admin_none_takes_the_last_one,
        user_33_users_are_listed_newest_first_by_a_literal_part_of_their_address,
        user_34_all_users_are_counted_with_what_they_keep,
    }
    long {
        user_21_addresses_and_hashes_as_long_as_they_may_be_are_kept_whole,
        user_22_addresses_that_differ_by_more_than_case_are_different,
        file_25_types_as_long_as_they_may_be_are_kept_and_told_apart,
        file_26_a_name_is_found_by_its_own_letters_and_accents,
        key_17_every_character_of_a_long_key_counts,
        upload_20_long_tags_and_metadata_are_kept_whole,
    }
    tree {
        tree_01_every_item_but_a_root_lies_in_a_folder_of_its_drive_or_in_the_trash,
        tree_02_a_taken_name_is_a_refusal_and_does_not_poison,
        tree_03_of_units_that_want_one_name_one_gets_it,
        tree_07_a_path_is_followed_by_the_keys_of_its_names_in_any_script,
        tree_08_folders_reach_64_levels_and_no_more_by_creation_and_by_move,
        tree_13_what_belongs_to_a_user_who_is_marked_as_removed_is_answered_like_none,
    }
    tree_moves {
        tree_04_two_opposite_moves_never_make_a_cycle,
        tree_05_a_move_touches_one_row_whatever_is_below,
        tree_06_pages_of_children_neither_skip_nor_repeat_while_entries_come_go_and_move,
        tree_09_changes_are_numbered_without_gaps_in_the_order_of_commits,
        tree_14_a_drive_is_entered_within_its_quota_and_counts_what_is_in_it,
    }
    tree_trash {
        tree_10_a_trash_takes_all_that_is_living_below_and_nothing_else,
        tree_11_a_restore_brings_back_exactly_what_that_trash_took,
        tree_12_a_purge_leaves_no_item_below_and_no_blob_without_a_reference,
        tree_15_what_lies_in_a_trashed_folder_can_become_a_top_of_its_own,
        tree_17_versions_are_kept_by_their_numbers,
        tree_18_a_top_that_came_back_is_left_alone_and_so_is_what_it_took_before,
    }
    tree_trash_list {
        tree_16_the_trash_is_listed_by_its_tops_in_pages_of_any_order,
        tree_30_tops_of_the_trash_are_found_by_their_times_and_by_literal_parts_of_their_names,
        tree_32_while_an_operation_runs_what_is_below_a_top_is_answered_like_none,
        file_28_a_file_in_the_trash_is_answered_like_none,
        file_30_a_file_is_found_with_the_trash_where_that_is_asked_for,
    }
    tree_order {
        tree_20_children_come_in_the_order_asked_for_with_ties_by_id,
        tree_21_what_went_into_the_trash_with_a_folder_is_listed_as_its_children_were,
        tree_22_a_folder_holds_what_is_living_below_it_at_every_level,
        tree_26_of_many_keys_exactly_those_of_entries_are_taken,
        tree_34_an_item_is_added_behind_taken_names_or_not_at_all,
        tree_40_names_are_told_apart_to_their_last_character,
    }
    tree_units {
        tree_23_a_unit_sees_what_is_living_in_a_folder_and_nothing_else,
        tree_24_an_edit_replaces_the_place_and_the_times_of_one_living_item_and_nothing_else,
        tree_25_what_a_unit_changes_has_its_number_and_nothing_else_has,
    }
    tree_ends {
        tree_27_what_is_removed_goes_with_its_keys_its_uploads_and_its_versions,
        tree_28_operations_are_kept_until_they_have_ended_and_shown_to_their_owner_alone,
        tree_29_a_drive_is_entered_once_a_unit_and_counts_as_its_deltas_say,
        tree_31_versions_of_one_file_are_no_others,
        tree_33_of_what_has_ended_the_oldest_makes_room_and_what_runs_is_counted,
    }
    tree_more {
        tree_35_a_unit_sees_what_it_has_changed_of_a_tree_itself,
        tree_36_a_tree_of_every_level_is_found_and_counted_and_goes_and_comes_as_a_whole,
        tree_37_more_items_than_a_page_are_listed_and_counted_and_go_and_come_as_asked_for,
        tree_38_more_tops_and_versions_than_a_page_are_listed_as_asked_for,
        tree_39_of_units_that_wait_for_a_drive_no_more_enter_than_its_quota_lets,
    }
    blob_references {
        blob_30_a_shared_blob_outlives_all_but_its_last_reference_under_concurrent_drops,
        blob_31_only_stored_blobs_are_referred_to,
        blob_32_what_a_removed_user_had_goes_with_its_last_reference_and_stays_where_another_drive_has_a_copy,
    }    preview {
        preview_01_what_was_recorded_is_found_by_its_original_and_size,
        preview_02_a_walk_gives_what_is_ready_once_by_the_blobs_of_previews,
        preview_03_a_failure_makes_way_for_what_is_recorded_later,
        preview_04_nothing_is_recorded_of_what_is_not_stored_nor_over_another_preview,
        preview_05_what_goes_waits_for_its_preview_and_takes_it_along,
        preview_06_what_is_recorded_is_removed_only_while_it_is_the_same,
        preview_07_previews_go_with_the_last_reference_of_their_original,
    }
}
