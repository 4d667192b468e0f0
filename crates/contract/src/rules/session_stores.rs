//! The table of stores of sessions.

use super::{session, session_more, session_recent};
use crate::suite::suite;

suite! {
    ($)
    /// Stores of sessions.
    session_store(SessionStoreHarness, "SessionStore"): H::fresh().await;
    session {
        ses_01_a_revoked_session_is_not_found_from_that_answer_on,
        ses_02_the_given_clock_decides_and_the_stores_own_forgets_late,
        ses_03_a_session_is_read_back_as_written,
        ses_04_of_parallel_rotations_one_wins,
        ses_05_a_rotation_of_another_generation_is_refused,
        ses_06_all_older_sessions_of_a_user_are_revoked_but_one,
        ses_07_a_touch_moves_the_last_use_forwards_alone,
        ses_08_a_list_holds_the_users_living_sessions_newest_first,
        ses_09_another_users_session_is_not_revoked,
        ses_10_only_expired_sessions_are_purged_up_to_the_limit,
        ses_11_no_token_can_be_read_out_of_the_store,
        ses_12_nothing_brings_a_revoked_session_back,
        ses_13_a_rotated_session_lives_until_its_new_end,
        ses_14_a_rotation_beside_a_revocation_revives_nothing,
        ses_15_a_store_that_serves_answers_a_ping,
    }
    session_more {
        ses_16_a_list_goes_by_creation_and_then_by_id_whatever_was_used_last,
        ses_17_more_sessions_than_a_page_are_listed_revoked_and_purged,
        ses_18_what_one_node_changes_every_node_sees_at_once,
        ses_19_a_second_session_with_one_id_is_an_error_and_changes_nothing,
        ses_20_rotations_and_touches_keep_every_microsecond_and_generation,
        ses_21_a_store_that_is_out_of_reach_is_unavailable,
        ses_22_refused_credentials_are_not_taken_for_a_store_out_of_reach,
        ses_23_a_touch_beside_a_rotation_or_a_revocation_undoes_neither,
        ses_24_addresses_of_every_length_are_kept_whole,
        ses_25_calls_that_are_dropped_leave_room_for_others,
    }
    session_recent {
        ses_26_a_recent_look_sees_what_its_own_node_ended,
        ses_27_a_recent_look_sees_what_another_node_ended_within_a_second,
    }
}
