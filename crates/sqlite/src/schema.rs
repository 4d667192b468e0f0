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
    }
}

diesel::table! {
    files (id) {
        id -> Binary,
        owner -> Binary,
        name -> Text,
        name_sort -> Text,
        name_search -> Text,
        content_type -> Text,
        charset -> Nullable<Text>,
        family -> Text,
        size -> BigInt,
        sha256 -> Nullable<Binary>,
        blob -> Binary,
        thumbnail -> Text,
        thumbnail_blob -> Nullable<Binary>,
        thumbnail_width -> Nullable<BigInt>,
        thumbnail_height -> Nullable<BigInt>,
        thumbnail_failures -> BigInt,
        revision -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
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
diesel::allow_tables_to_appear_in_same_query!(users, files);
diesel::allow_tables_to_appear_in_same_query!(users, uploads);
diesel::allow_tables_to_appear_in_same_query!(users, idempotency_keys);
