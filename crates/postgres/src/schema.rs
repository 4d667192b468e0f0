//! The tables, as the migrations leave them.

diesel::table! {
    users (id) {
        id -> Uuid,
        email -> Text,
        email_key -> Text,
        name -> Nullable<Text>,
        role -> Text,
        password_hash -> Text,
        used_bytes -> BigInt,
        reserved_bytes -> BigInt,
        trash_bytes -> BigInt,
        version_bytes -> BigInt,
        file_count -> BigInt,
        node_count -> BigInt,
        seq -> BigInt,
        created_at -> Timestamptz,
        removed_at -> Nullable<Timestamptz>,
        suspended_at -> Nullable<Timestamptz>,
        quota_bytes -> Nullable<BigInt>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        user_id -> Uuid,
        created_at -> Timestamptz,
        last_seen_at -> Timestamptz,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        generation -> BigInt,
        salt -> Binary,
        expires_at -> Timestamptz,
        spent_at -> Array<Timestamptz>,
    }
}

diesel::table! {
    blobs (id) {
        id -> Uuid,
        bucket -> Text,
        owner_id -> Uuid,
        state -> Text,
        reserved_bytes -> BigInt,
        size_bytes -> Nullable<BigInt>,
        #[sql_name = "was_settled"]
        was_stored -> Bool,
        #[sql_name = "announced_at"]
        recorded_at -> Timestamptz,
        expires_at -> Timestamptz,
        #[sql_name = "doomed_at"]
        deleted_at -> Nullable<Timestamptz>,
        due_at -> Nullable<Timestamptz>,
        ref_count -> Integer,
        has_previews -> Bool,
    }
}

diesel::table! {
    nodes (id) {
        id -> Uuid,
        drive_id -> Uuid,
        parent_id -> Nullable<Uuid>,
        kind -> Text,
        name -> Text,
        name_sort -> Text,
        name_search -> Text,
        content_type -> Nullable<Text>,
        charset -> Nullable<Text>,
        family -> Nullable<Text>,
        size_bytes -> Nullable<BigInt>,
        sha256 -> Nullable<Binary>,
        blob_id -> Nullable<Uuid>,
        thumbnail_state -> Nullable<Text>,
        thumbnail_blob_id -> Nullable<Uuid>,
        thumbnail_width -> Nullable<Integer>,
        thumbnail_height -> Nullable<Integer>,
        thumbnail_failures -> Integer,
        thumbnail_placeholder -> Nullable<Binary>,
        version -> Integer,
        content_at -> Timestamptz,
        modified_at -> Timestamptz,
        revision -> BigInt,
        changed_seq -> BigInt,
        trash_id -> Nullable<Uuid>,
        trashed_from -> Nullable<Uuid>,
        trashed_at -> Nullable<Timestamptz>,
        trashed_path -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    file_versions (file_id, number) {
        file_id -> Uuid,
        number -> Integer,
        content_type -> Text,
        charset -> Nullable<Text>,
        size_bytes -> BigInt,
        sha256 -> Nullable<Binary>,
        blob_id -> Uuid,
        created_by -> Uuid,
        created_at -> Timestamptz,
        replaced_at -> Timestamptz,
        is_pinned -> Bool,
        label -> Nullable<Text>,
    }
}

diesel::table! {
    previews (original_id, size_name) {
        original_id -> Uuid,
        size_name -> Text,
        blob_id -> Nullable<Uuid>,
        format -> Nullable<Text>,
        width -> Nullable<Integer>,
        height -> Nullable<Integer>,
    }
}

diesel::table! {
    operations (id) {
        id -> Uuid,
        owner_id -> Uuid,
        kind -> Text,
        status -> Text,
        done_count -> BigInt,
        total_count -> Nullable<BigInt>,
        failed -> Jsonb,
        result -> Nullable<Jsonb>,
        rest -> Jsonb,
        created_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    idempotency_keys (user_id, key) {
        user_id -> Uuid,
        key -> Text,
        attempt_id -> Uuid,
        held_until -> Timestamptz,
        file_id -> Nullable<Uuid>,
        file_name -> Nullable<Text>,
        sha256 -> Nullable<Binary>,
    }
}

diesel::table! {
    jobs (id) {
        id -> Uuid,
        kind -> Text,
        payload -> Jsonb,
        priority -> SmallInt,
        run_at -> Timestamptz,
        attempt -> Integer,
        lease_until -> Nullable<Timestamptz>,
        due_at -> Timestamptz,
        unique_name -> Nullable<Text>,
        state -> Text,
        last_error -> Nullable<Text>,
        owner_id -> Nullable<Uuid>,
        trace_context -> Nullable<Text>,
    }
}

diesel::table! {
    uploads (id) {
        id -> Uuid,
        owner_id -> Uuid,
        transport -> Text,
        blob_id -> Uuid,
        name -> Text,
        claimed_type -> Nullable<Text>,
        promised_sha256 -> Nullable<Binary>,
        metadata -> Text,
        idempotency_key -> Nullable<Text>,
        length_bytes -> Nullable<BigInt>,
        offset_bytes -> BigInt,
        reserved_bytes -> BigInt,
        epoch -> BigInt,
        is_locked -> Bool,
        write_name -> Nullable<Text>,
        hash_state -> Binary,
        charset_check -> Nullable<Binary>,
        head -> Binary,
        status -> Text,
        file_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        write_state -> Nullable<Binary>,
        parent_id -> Nullable<Uuid>,
        path -> Text,
        on_conflict -> Text,
        strict_parent -> Bool,
        modified_at -> Nullable<Timestamptz>,
        precondition -> Nullable<Text>,
    }
}

diesel::table! {
    upload_parts (upload_id, number) {
        upload_id -> Uuid,
        number -> BigInt,
        size_bytes -> BigInt,
        tag -> Text,
    }
}

diesel::table! {
    audit_entries (happened_at, id) {
        happened_at -> Timestamptz,
        id -> Uuid,
        action -> Text,
        actor_id -> Nullable<Uuid>,
        account_id -> Nullable<Uuid>,
        target_id -> Nullable<Uuid>,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(users, blobs);
diesel::allow_tables_to_appear_in_same_query!(users, nodes);
diesel::allow_tables_to_appear_in_same_query!(users, operations);
diesel::allow_tables_to_appear_in_same_query!(users, uploads);
