//! The tables of stores of bytes, of what signs links to them, and of thumbnailers.

use super::{
    blob, blob_flow, blob_more, blob_scale, blob_trouble, direct, direct_end, link, part_link, resume,
    resume_end, resume_more, thumb, thumb_previews,
};
use crate::suite::suite;

suite! {
    ($)
    /// Stores of blobs.
    blob_store(BlobStoreHarness, "BlobStore"): H::fresh().await;
    blob {
        blob_01_blobs_of_every_edge_size_are_read_back_whole,
        blob_02_a_body_of_unknown_length_is_read_back_whole,
        blob_03_every_form_of_range_gives_exactly_its_bytes,
        blob_06_a_range_outside_the_blob_is_refused_with_its_size,
        blob_07_deleting_again_and_again_is_no_error,
        blob_11_the_buckets_are_apart,
        blob_13_a_list_holds_every_blob_of_its_bucket_once,
        blob_14_a_store_that_serves_answers_a_ping_and_names_its_limits,
        blob_15_a_blob_is_read_by_many_at_once,
    }
    blob_flow {
        blob_04_a_failing_stream_leaves_nothing_that_can_be_read,
        blob_05_nothing_can_be_read_before_the_put_has_ended,
        blob_08_a_dropped_put_leaves_nothing_that_can_be_read,
        blob_09_a_put_takes_no_more_than_it_may_hold,
        blob_10_every_buffer_is_given_back,
        blob_12_many_puts_at_once_are_each_kept_whole,
    }
    blob_trouble {
        blob_16_a_dropped_put_takes_no_more_of_its_body,
        blob_17_a_read_that_breaks_midway_ends_with_an_error,
        blob_23_what_one_node_changes_every_node_sees_at_once,
        blob_24_a_store_that_is_out_of_reach_is_unavailable_and_nothing_is_absent,
        blob_25_refused_credentials_are_not_taken_for_a_store_out_of_reach,
        blob_26_chunks_of_every_size_are_kept_and_empty_ones_are_no_end,
        blob_27_ranges_beyond_four_gibibytes_do_not_wrap_around,
    }
    blob_scale {
        blob_18_a_list_tells_when_each_blob_was_written,
        blob_19_a_list_of_many_blobs_is_whole_and_holds_a_page_at_most,
        blob_20_a_put_writes_while_the_body_comes,
        blob_21_a_read_runs_ahead_of_its_reader_by_what_it_may_hold,
        blob_22_puts_and_reads_leave_the_runtime_to_others,
    }
    blob_more {
        blob_28_reads_that_are_dropped_leave_room_for_others,
        blob_29_a_list_that_breaks_midway_ends_with_an_error,
    }
}

suite! {
    ($)
    /// Signers of URLs that a browser fetches.
    sign_download(SignDownloadHarness, "SignDownload"): H::fresh().await;
    link {
        link_01_a_signed_url_gives_the_bytes_without_other_credentials,
        link_02_equal_links_give_equal_urls,
        link_03_an_expired_url_is_refused,
        link_04_a_tampered_url_is_refused,
        link_05_a_range_of_a_link_gives_exactly_its_bytes,
        link_06_type_and_name_travel_with_the_link,
        link_07_links_to_different_targets_have_different_urls,
        link_08_a_link_to_a_blob_that_is_gone_gives_not_found,
        link_09_a_link_ends_within_seconds_and_leads_to_an_empty_blob_too,
        link_10_a_link_with_another_name_or_type_has_a_url_of_its_own,
    }
}

suite! {
    ($)
    /// Stores that write blobs over many requests.
    resumable_store(ResumableHarness, "ResumableStore"): H::fresh().await;
    resume {
        resume_01_nothing_can_be_read_before_the_blob_is_completed,
        resume_02_a_completed_blob_is_read_whole_whatever_its_chunks,
        resume_03_a_chunk_goes_behind_the_offset_whatever_others_appended,
        resume_04_of_two_chunks_at_one_position_the_later_counts,
        resume_05_a_writer_that_was_shut_out_does_no_harm,
        resume_06_appends_that_do_not_count_are_never_mixed_up_with_those_that_do,
        resume_07_nothing_can_be_appended_after_the_end,
        resume_08_completing_again_is_no_error,
        resume_17_another_node_goes_on_with_the_bytes_of_the_state,
        resume_18_many_small_chunks_make_one_blob,
        resume_21_what_no_position_tells_of_is_not_in_the_blob,
    }
    resume_end {
        resume_09_deleting_removes_everything_a_write_left,
        resume_10_a_write_that_was_never_begun_is_gone,
        resume_11_an_offset_beyond_what_was_appended_is_incomplete,
        resume_12_bytes_held_in_memory_are_stored_whole,
        resume_13_what_is_cut_off_at_any_await_can_be_deleted,
        resume_14_the_hints_make_sense,
        resume_15_pruning_removes_what_is_not_needed_and_nothing_else,
        resume_16_completing_removes_what_was_not_pruned,
        resume_19_no_more_is_read_back_than_a_chunk_of_the_least_size,
        resume_20_a_state_stays_small,
    }
    resume_more {
        resume_22_a_write_that_is_not_used_ends_without_the_others,
        resume_23_a_writer_that_was_shut_out_does_no_harm_on_any_node,
        resume_24_a_chunk_of_many_pieces_is_appended_whole,
        resume_25_writes_of_one_id_in_two_buckets_are_apart,
    }
}

suite! {
    ($)
    /// Stores that make blobs of parts that clients send.
    direct_store(DirectHarness, "DirectStore"): H::fresh().await;
    direct {
        part_01_nothing_can_be_read_before_the_write_is_completed,
        part_02_a_completed_blob_is_read_whole_whatever_its_parts,
        part_03_parts_come_in_any_order_and_again_with_another_size,
        part_04_no_part_can_be_written_after_the_end,
        part_05_completing_again_is_no_error,
        part_06_parts_that_are_not_those_written_are_a_mismatch,
        part_07_many_parts_sent_at_once_make_one_blob,
        part_09_what_is_not_named_at_the_end_is_not_in_the_blob,
    }
    direct_end {
        part_08_deleting_removes_whatever_a_write_left,
        part_10_a_write_that_was_never_begun_is_gone,
        part_11_what_is_cut_off_at_any_await_can_be_deleted,
        part_12_the_limits_of_parts_make_sense,
        part_13_a_receiver_shuts_out_lower_fences,
        part_14_completing_removes_what_is_not_named,
        part_15_parts_are_put_together_by_their_numbers,
        part_16_a_receiver_writes_every_piece_of_a_part,
    }
}

suite! {
    ($)
    /// Signers of requests by which clients send parts by themselves.
    sign_parts(SignPartsHarness, "SignParts"): H::fresh().await;
    part_link {
        partlink_01_what_was_signed_is_sent_without_other_credentials_and_counts,
        partlink_02_another_size_is_refused_and_so_is_all_after_the_end,
        partlink_03_a_tampered_or_expired_url_is_refused,
    }
}

suite! {
    ($)
    /// Renderers of thumbnails and previews.
    thumbnailer(ThumbnailerHarness, "Thumbnailer"): H::fresh().await;
    thumb {
        thumb_01_every_format_becomes_a_png_of_the_width_and_its_own_shape,
        thumb_02_a_small_picture_is_not_enlarged,
        thumb_03_each_of_the_eight_orientations_is_applied,
        thumb_04_transparency_is_kept,
        thumb_05_an_animation_gives_its_first_frame,
        thumb_06_a_bomb_is_refused_before_it_is_decoded,
        thumb_07_what_is_no_picture_is_undecodable_and_of_a_broken_one_no_wrong_pixel_is_shown,
        thumb_08_rendering_does_not_block_the_runtime,
        thumb_09_rendering_ends_when_its_time_is_up,
        thumb_10_extreme_shapes_stay_within_the_limits,
        thumb_11_no_more_memory_is_taken_than_allowed,
        thumb_12_many_are_rendered_at_once,
        thumb_13_a_thumbnail_has_the_width_and_the_height_that_are_asked_for,
        thumb_14_renders_that_are_dropped_leave_room_for_others,
    }
    thumb_previews {
        thumb_15_a_preview_fits_into_a_square_and_keeps_its_shape,
        thumb_16_a_preview_is_a_jpeg_where_it_is_opaque_and_else_a_png_without_metadata,
        thumb_17_a_thumbnail_has_a_placeholder_of_its_shape_and_colour,
    }
}
