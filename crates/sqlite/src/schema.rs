//! The tables, as the migrations leave them.

diesel::table! {
    users (id) {
        id -> Binary,
        email -> Text,
        email_key -> Text,
        name -> Nullable<Text>,
        role -> Text,
        password_hash -> Text,
        used_bytes -> BigInt,
        reserved_bytes -> BigInt,
        file_count -> BigInt,
        created_at -> BigInt,
        removed_at -> Nullable<BigInt>,
        suspended_at -> Nullable<BigInt>,
        quota_bytes -> Nullable<BigInt>,
        seq -> BigInt,
        trash_bytes -> BigInt,
        version_bytes -> BigInt,
        node_count -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> Binary,
        user_id -> Binary,
        created_at -> BigInt,
        last_seen_at -> BigInt,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        generation -> BigInt,
        salt -> Binary,
        expires_at -> BigInt,
        spent_at -> Text,
    }
}

diesel::table! {
    blobs (id) {
        id -> Binary,
        bucket -> Text,
        owner -> Binary,
        state -> Text,
        reserved_bytes -> BigInt,
        size -> Nullable<BigInt>,
        #[sql_name = "announced_at"]
        recorded_at -> BigInt,
        expires_at -> BigInt,
        #[sql_name = "doomed_at"]
        deleted_at -> Nullable<BigInt>,
        due_at -> Nullable<BigInt>,
        ref_count -> BigInt,
    }
}

diesel::table! {
    nodes (id) {
        id -> Binary,
        drive -> Binary,
        parent -> Nullable<Binary>,
        kind -> Text,
        name -> Text,
        name_sort -> Text,
        name_search -> Text,
        content_type -> Nullable<Text>,
        charset -> Nullable<Text>,
        family -> Nullable<Text>,
        size -> Nullable<BigInt>,
        sha256 -> Nullable<Binary>,
        blob -> Nullable<Binary>,
        thumbnail -> Nullable<Text>,
        thumbnail_blob -> Nullable<Binary>,
        thumbnail_width -> Nullable<BigInt>,
        thumbnail_height -> Nullable<BigInt>,
        thumbnail_failures -> BigInt,
        thumbnail_placeholder -> Nullable<Binary>,
        version -> BigInt,
        content_at -> BigInt,
        modified_at -> BigInt,
        revision -> BigInt,
        changed_seq -> BigInt,
        trash -> Nullable<Binary>,
        trashed_from -> Nullable<Binary>,
        trashed_at -> Nullable<BigInt>,
        trashed_path -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    file_versions (file, number) {
        file -> Binary,
        number -> BigInt,
        content_type -> Text,
        charset -> Nullable<Text>,
        size -> BigInt,
        sha256 -> Nullable<Binary>,
        blob -> Binary,
        created_by -> Binary,
        created_at -> BigInt,
        replaced_at -> BigInt,
        is_pinned -> Bool,
        label -> Nullable<Text>,
    }
}

diesel::table! {
    previews (original, size_name) {
        original -> Binary,
        size_name -> Text,
        blob -> Nullable<Binary>,
        format -> Nullable<Text>,
        width -> Nullable<BigInt>,
        height -> Nullable<BigInt>,
    }
}

diesel::table! {
    operations (id) {
        id -> Binary,
        owner -> Binary,
        kind -> Text,
        status -> Text,
        done_count -> BigInt,
        total_count -> Nullable<BigInt>,
        failed -> Text,
        result -> Nullable<Text>,
        rest -> Text,
        created_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    idempotency_keys (user_id, key) {
        user_id -> Binary,
        key -> Text,
        attempt -> Binary,
        valid_until -> BigInt,
        file -> Nullable<Binary>,
        name -> Nullable<Text>,
        sha256 -> Nullable<Binary>,
    }
}

diesel::table! {
    jobs (id) {
        id -> Binary,
        kind -> Text,
        payload -> Text,
        priority -> SmallInt,
        first_run_at -> BigInt,
        run_at -> BigInt,
        attempt -> BigInt,
        lease_until -> Nullable<BigInt>,
        unique_name -> Nullable<Text>,
        dead -> Bool,
        last_error -> Nullable<Text>,
        owner -> Nullable<Binary>,
        trace_context -> Nullable<Text>,
    }
}

diesel::table! {
    uploads (id) {
        id -> Binary,
        owner -> Binary,
        transport -> Text,
        blob -> Binary,
        name -> Text,
        claimed_type -> Nullable<Text>,
        promised_sha256 -> Nullable<Binary>,
        metadata -> Text,
        idempotency_key -> Nullable<Text>,
        length_bytes -> Nullable<BigInt>,
        offset_bytes -> BigInt,
        reserved_bytes -> BigInt,
        epoch -> BigInt,
        write_name -> Nullable<Text>,
        hash_state -> Binary,
        charset_check -> Nullable<Binary>,
        head -> Binary,
        status -> Text,
        file -> Nullable<Binary>,
        created_at -> BigInt,
        expires_at -> BigInt,
        is_locked -> Bool,
        write_state -> Nullable<Binary>,
        parent -> Nullable<Binary>,
        path -> Text,
        on_conflict -> Text,
        strict_parent -> Bool,
        modified_at -> Nullable<BigInt>,
        precondition -> Nullable<Text>,
    }
}

diesel::table! {
    upload_parts (upload, number) {
        upload -> Binary,
        number -> BigInt,
        size -> BigInt,
        tag -> Text,
    }
}

diesel::table! {
    audit_entries (happened_at, id) {
        happened_at -> BigInt,
        id -> Binary,
        action -> Text,
        actor -> Nullable<Binary>,
        account -> Nullable<Binary>,
        target -> Nullable<Binary>,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(users, blobs);
diesel::allow_tables_to_appear_in_same_query!(users, nodes);
diesel::allow_tables_to_appear_in_same_query!(users, operations);
diesel::allow_tables_to_appear_in_same_query!(users, uploads);
diesel::allow_tables_to_appear_in_same_query!(users, idempotency_keys);
