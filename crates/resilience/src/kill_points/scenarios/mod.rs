//! Every use case, and those that change something in every way that they can end.

mod accounts;
mod directs;
mod edits;
mod folders;
mod jobs;
mod operations;
mod previews;
mod reads;
mod resumables;
mod sessions;
mod trees;
mod uploads;
mod versions;

use super::{Actors, Environment, Scenario};

/// Makes a scenario: who and what there is, what the process did before, what is run, and what must have come of it.
macro_rules! scenario {
    (
        $(#[$doc:meta])*
        $name:ident, retried $retry:ident $(, needs $needs:ident)? $(, whole $whole:ident)?;
        arrange |$environment:ident| $arrange:expr;
        $(before |$earlier:ident, $whose:ident| $before:expr;)?
        act |$process:ident, $actors:ident| $act:expr;
        check |$after:ident, $of:ident| $check:expr $(;)?
    ) => {
        $(#[$doc])*
        ///
        /// # Panics
        /// Not itself, but its steps do when the stage can't be set.
        #[must_use]
        pub fn $name() -> $crate::kill_points::Scenario {
            $crate::kill_points::Scenario {
                name: stringify!($name),
                arrange: |$environment| Box::pin(async move { $arrange }),
                before: scenario!(@before $(|$earlier, $whose| $before)?),
                act: |$process, $actors| Box::pin(async move { $crate::kill_points::Outcome::of($act) }),
                check: |$after, $of| Box::pin(async move { $check }),
                retry: $crate::kill_points::Retry::$retry,
                needs: scenario!(@needs $($needs)?),
                whole: scenario!(@whole $($whole)?),
            }
        }
    };
    (@before) => { |_process, _actors| Box::pin(async {}) };
    (@before |$process:ident, $actors:ident| $before:expr) => {
        |$process, $actors| Box::pin(async move { $before })
    };
    (@needs) => { $crate::kill_points::Needs::Nothing };
    (@needs $needs:ident) => { $crate::kill_points::Needs::$needs };
    (@whole) => { $crate::kill_points::Whole::AtOnce };
    (@whole $whole:ident) => { $crate::kill_points::Whole::$whole };
}

use scenario;

/// Lists the scenarios, and makes of the list the table and the macros with one test for each.
macro_rules! scenarios {
    (($d:tt) $($module:ident { $($name:ident,)+ })+) => {
        $(pub use $module::{$($name),+};)+

        /// All of them.
        pub const ALL: &[fn() -> Scenario] = &[$($($name,)+)+];

        scenarios! {
            @macro ($d) $($($name)+)+;
            /// Kills every scenario at each of its kill points.
            kill_points by survives_kills
        }
        scenarios! {
            @macro ($d) $($($name)+)+;
            /// Lets calls of every scenario fail, lose their answers, lose races, be cut or be made twice.
            fault_points by survives_faults
        }
        scenarios! {
            @macro ($d) $($($name)+)+;
            /// Lets every scenario stand still for longer than its leases, while other processes work.
            pause_points by survives_pauses
        }
    };
    (@macro ($d:tt) $($name:ident)+; $(#[$doc:meta])* $macro:ident by $survives:ident) => {
        $(#[$doc])*
        ///
        /// Takes the harnesses of a database, a store of bytes and a store of sessions; every scenario becomes a test.
        /// See [`kill_points`](mod@crate::kill_points).
        #[macro_export]
        macro_rules! $macro {
            ($d database:ty, $d blobs:ty, $d sessions:ty) => {
                $(
                    #[test]
                    fn $name() {
                        $crate::runtime::for_long(|| async {
                            let scenario = $crate::kill_points::scenarios::$name();
                            let points = $crate::kill_points::$survives::<
                                $d database, $d blobs, $d sessions,
                            >(&scenario);
                            assert_ne!(points.await, Some(0));
                        });
                    }
                )+
            };
        }
    };
}

scenarios! {
    ($)
    accounts {
        a_registration,
        a_new_name,
        a_new_password,
        an_end_of_an_account,
    }
    sessions {
        a_login,
        a_login_that_renews_its_hash,
        an_authentication,
        a_refresh,
        a_refresh_with_a_spent_token,
        a_logout,
        an_end_of_one_session,
        an_end_of_all_other_sessions,
    }
    uploads {
        an_upload_of_a_text,
        an_upload_of_a_picture,
        an_upload_of_unknown_length,
        an_upload_of_a_name_that_got_a_number,
        an_upload_with_a_key,
        an_upload_repeated_with_its_key,
        an_intent_beyond_the_quota,
        an_upload_that_grows_beyond_the_quota,
        an_upload_that_grows_too_large,
        an_upload_whose_sender_goes_away,
        an_upload_of_other_bytes_than_promised,
        an_upload_without_a_name,
    }
    resumables {
        a_resumable_upload_begun,
        a_resumable_upload_begun_with_a_key,
        a_resumable_upload_begun_with_bytes,
        a_resumable_upload_in_one_piece,
        a_first_piece_too_small_for_a_part,
        a_last_piece_after_a_small_one,
        a_piece_with_its_checksum,
        a_piece_with_another_checksum,
        a_piece_whose_sender_goes_away,
        a_piece_beyond_the_quota,
        a_resumable_upload_cancelled,
        a_sweep_of_a_resumable_upload,
    }
    directs {
        a_direct_upload_begun,
        a_part_sent,
        a_direct_upload_completed,
        a_direct_upload_completed_twice,
        a_direct_upload_with_wrong_parts,
        a_direct_upload_of_nothing,
        a_direct_upload_cancelled,
        a_look_at_the_bytes_of_a_direct_upload,
        a_withdrawal_of_a_direct_upload,
    }
    edits {
        a_rename,
        a_removal,
        a_picture_replaced_by_a_text,
        a_text_replaced_by_a_picture,
        a_replacement_of_another_revision,
        a_replacement_whose_sender_goes_away,
        a_thumbnail_made_again,
    }
    trees {
        a_move,
        a_copy,
        a_trash,
        a_restore,
        a_deletion_from_the_trash,
        a_batch_with_a_key,
        a_batch_of_all_or_nothing,
        a_batch_of_every_kind,
        a_trash_emptied,
        a_purge_of_the_trash,
    }
    folders {
        a_folder_made,
        folders_made_by_their_paths,
        a_folder_renamed,
        a_folder_moved_to_where_its_name_is_taken,
        a_folder_that_would_replace_another,
        a_folder_copied,
        a_folder_trashed,
        a_folder_restored,
        a_folder_deleted_from_the_trash,
    }
    operations {
        a_large_folder_deleted,
        a_large_folder_trashed,
        a_large_folder_copied_by_a_job,
        a_large_folder_restored_from_inside_another,
        a_large_trash_emptied,
    }
    versions {
        a_version_restored,
        an_end_of_old_versions,
        an_upload_that_replaces_a_file_in_a_folder,
        a_move_that_replaces_a_file,
        a_copy_that_replaces_a_file,
    }
    jobs {
        a_thumbnail,
        a_thumbnail_of_a_broken_picture,
        a_purge,
        an_end_of_contents,
        a_sweep,
        an_end_of_sessions_left_to_a_job,
        a_sweep_to_come,
        an_idle_worker,
    }
    previews {
        a_preview_asked_for,
        a_preview,
        a_preview_of_a_broken_picture,
        a_removal_with_a_preview,
    }
    reads {
        a_look_around,
        a_download,
    }
}

/// Says what is wrong, unless it holds.
fn expect(holds: bool, wrong: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(wrong.to_owned()) }
}

/// How many files the actor has.
async fn file_count(environment: &Environment, actors: &Actors) -> usize {
    environment.files(actors.user).await.len()
}
