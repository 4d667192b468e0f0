//! The table of queues.

use super::{job, job_concurrency, job_record, job_turns, long, many, work, work_more};
use crate::suite::suite;

suite! {
    ($)
    /// The queue of jobs; it is part of `database!` too.
    job_queue(DatabaseHarness, "JobQueue"): H::fresh().await;
    job {
        job_01_a_job_is_there_only_once_its_unit_is_committed,
        job_02_no_job_is_claimed_twice_among_twenty_workers,
        job_03_a_job_whose_lease_ran_out_is_claimed_again_with_a_higher_attempt,
        job_04_a_late_answer_is_refused,
        job_05_the_most_urgent_goes_first_then_the_longest_due,
        job_06_only_due_jobs_of_the_kinds_asked_for_are_claimed,
        job_07_a_failed_job_is_due_again_at_its_time,
        job_08_a_dead_job_is_neither_claimed_nor_counted,
        job_09_a_unique_name_has_one_living_job,
        job_10_a_kind_and_its_payload_are_read_back_as_written,
        job_11_the_next_due_is_the_earliest_start_or_end_of_a_lease,
        job_12_waiting_and_running_jobs_are_counted,
        job_13_a_commit_wakes_waiting_workers,
        job_14_a_wait_ends_at_its_time,
        job_15_a_renewed_lease_keeps_the_job,
        job_16_of_units_that_enqueue_one_name_one_adds_it,
    }
    job_record {
        job_17_a_claim_gives_no_more_than_its_limit,
        job_18_jobs_are_listed_with_their_state_attempts_and_last_error,
        job_19_pages_of_jobs_follow_each_other_by_their_ids,
        job_20_a_dead_job_is_taken_once_and_a_living_one_never,
    }
    job_concurrency {
        job_21_each_of_many_jobs_takes_effect_once_though_workers_die_and_stall,
    }
    many {
        job_22_more_jobs_than_a_page_are_listed_counted_and_claimed,
    }
    work {
        job_23_a_lease_is_over_at_its_end_to_the_microsecond,
        job_24_a_job_that_no_worker_holds_takes_no_answer,
        job_25_a_retry_keeps_the_name_the_priority_and_the_first_time_of_its_job,
        job_26_a_second_job_with_one_id_is_an_error,
        job_27_a_wait_that_was_dropped_loses_no_signal,
    }
    job_record {
        job_28_a_job_that_is_put_back_waits_uncounted_with_its_reason,
        job_29_only_the_attempt_that_holds_a_job_puts_it_back,
    }
    work_more {
        job_30_a_retry_is_due_and_in_order_at_its_own_time,
        job_31_a_dead_job_is_taken_as_it_was,
        job_32_a_worker_that_looked_before_the_commit_is_woken_by_it,
        job_33_a_page_of_jobs_in_one_state_is_full_as_long_as_there_is_more,
        job_34_jobs_of_other_kinds_keep_no_job_from_being_claimed,
    }
    long {
        job_35_every_character_of_a_unique_name_counts,
    }
    job_turns {
        job_36_the_user_with_the_fewest_running_jobs_has_the_next_turn,
        job_37_turns_are_among_jobs_of_users_and_of_one_urgency,
        job_38_no_job_of_a_user_is_claimed_twice_or_left_by_all_workers,
    }
    job_record {
        job_39_jobs_are_counted_by_kind_and_state_and_the_longest_due_is_told,
        job_40_the_trace_of_a_job_comes_back_with_every_claim,
    }
    job_turns {
        job_41_behind_the_backlog_of_a_busy_user_all_others_have_their_turns,
    }
    job_record {
        job_42_a_unique_name_is_living_as_long_as_its_job_waits_or_runs,
    }
}
