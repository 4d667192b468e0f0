//! Items that are new in `nodes`, as they are written: one by one, or many by one statement of the same text.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use fm_domain::files::FileName;
use fm_domain::ids::NodeId;
use fm_domain::tree::{Item, Seq};
use uuid::Uuid;

use super::ThumbnailRow;
use crate::value::{Moment, bigint, integer};

macro_rules! new_nodes {
    ($($column:ident: $type:ty, $sql:ty;)+) => {
        /// A living item that is new, stamped with the drive's change that makes it.
        pub(crate) struct NewNode {
            $($column: $type,)+
            changed_seq: i64,
        }

        /// Many of them, column by column.
        #[derive(Default)]
        pub(crate) struct NewNodes {
            $($column: Vec<$type>,)+
            changed_seq: Vec<i64>,
        }

        const COLUMNS: &str = concat!($(stringify!($column), ", ",)+ "changed_seq");

        impl NewNode {
            fn push<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                $(
                    out.push_bind_param::<$sql, $type>(&self.$column)?;
                    out.push_sql(", ");
                )+
                out.push_bind_param::<BigInt, i64>(&self.changed_seq)
            }
        }

        impl NewNodes {
            fn add(&mut self, node: NewNode) {
                $(self.$column.push(node.$column);)+
                self.changed_seq.push(node.changed_seq);
            }

            fn push<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                $(
                    out.push_bind_param::<Array<$sql>, Vec<$type>>(&self.$column)?;
                    out.push_sql(", ");
                )+
                out.push_bind_param::<Array<BigInt>, Vec<i64>>(&self.changed_seq)
            }
        }
    };
}

new_nodes! {
    id: Uuid, SqlUuid;
    drive_id: Uuid, SqlUuid;
    parent_id: Option<Uuid>, Nullable<SqlUuid>;
    kind: &'static str, Text;
    name: String, Text;
    name_sort: String, Text;
    name_search: String, Text;
    content_type: Option<String>, Nullable<Text>;
    charset: Option<String>, Nullable<Text>;
    size_bytes: Option<i64>, Nullable<BigInt>;
    sha256: Option<Vec<u8>>, Nullable<Binary>;
    blob_id: Option<Uuid>, Nullable<SqlUuid>;
    thumbnail_state: Option<&'static str>, Nullable<Text>;
    thumbnail_blob_id: Option<Uuid>, Nullable<SqlUuid>;
    thumbnail_width: Option<i32>, Nullable<Integer>;
    thumbnail_height: Option<i32>, Nullable<Integer>;
    thumbnail_failures: i32, Integer;
    thumbnail_placeholder: Option<Vec<u8>>, Nullable<Binary>;
    version: i32, Integer;
    content_at: Moment, Timestamptz;
    modified_at: Moment, Timestamptz;
    revision: i64, BigInt;
    created_at: Moment, Timestamptz;
    updated_at: Moment, Timestamptz;
}

impl NewNode {
    /// The row that holds this item.
    pub(crate) fn of(item: &Item, seq: Seq) -> Self {
        let (created_at, modified_at) = match item {
            Item::Folder(folder) => (folder.created_at, folder.modified_at),
            Item::File(file) => (file.created_at, file.modified_at),
        };
        let row = Self {
            id: item.id().uuid(),
            drive_id: item.drive().uuid(),
            parent_id: item.parent().map(NodeId::uuid),
            kind: item.kind().as_str(),
            name: item.name().map(|name| name.as_str().to_owned()).unwrap_or_default(),
            name_sort: item.name().map(FileName::sort_key).unwrap_or_default(),
            name_search: item.name().map(FileName::search_key).unwrap_or_default(),
            content_type: None,
            charset: None,
            size_bytes: None,
            sha256: None,
            blob_id: None,
            thumbnail_state: None,
            thumbnail_blob_id: None,
            thumbnail_width: None,
            thumbnail_height: None,
            thumbnail_failures: 0,
            thumbnail_placeholder: None,
            version: 1,
            content_at: Moment(created_at),
            modified_at: Moment(modified_at),
            revision: bigint(item.revision().number()),
            created_at: Moment(created_at),
            updated_at: Moment(item.updated_at()),
            changed_seq: bigint(seq.number()),
        };
        let Item::File(file) = item else { return row };
        let thumbnail = ThumbnailRow::of(&file.thumbnail);
        Self {
            content_type: Some(file.content_type.as_str().to_owned()),
            charset: file.content_type.charset().map(ToString::to_string),
            size_bytes: Some(bigint(file.size.bytes())),
            sha256: file.sha256.map(|hash| hash.as_bytes().to_vec()),
            blob_id: Some(file.blob.uuid()),
            thumbnail_state: Some(thumbnail.thumbnail_state),
            thumbnail_blob_id: thumbnail.thumbnail_blob_id,
            thumbnail_width: thumbnail.thumbnail_width,
            thumbnail_height: thumbnail.thumbnail_height,
            thumbnail_failures: thumbnail.thumbnail_failures,
            thumbnail_placeholder: thumbnail.thumbnail_placeholder,
            version: integer(file.version.number()),
            content_at: Moment(file.content_at),
            ..row
        }
    }

    /// The same where its folder is a living one of its drive and has no entry of its name.
    pub(crate) const fn where_free(self) -> PlacedNode {
        PlacedNode { node: self, taken: Vec::new() }
    }
}

impl FromIterator<NewNode> for NewNodes {
    fn from_iter<I: IntoIterator<Item = NewNode>>(nodes: I) -> Self {
        let mut columns = Self::default();
        for node in nodes {
            columns.add(node);
        }
        columns
    }
}

impl QueryFragment<Pg> for NewNodes {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        begin(&mut out, "SELECT * FROM unnest(");
        self.push(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

/// The insert of an item that adds nothing where its place is not free.
pub(crate) struct PlacedNode {
    node: NewNode,
    /// Keys that entries of its folder have to have.
    taken: Vec<String>,
}

impl PlacedNode {
    /// The same where entries of its folder have these keys, too.
    pub(crate) fn behind(self, taken: &[String]) -> Self {
        Self { taken: taken.to_vec(), ..self }
    }
}

impl QueryFragment<Pg> for PlacedNode {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Self { node, taken } = self;
        begin(&mut out, "SELECT ");
        node.push(out.reborrow())?;
        out.push_sql(" WHERE EXISTS (SELECT FROM nodes AS folder WHERE folder.id = ");
        out.push_bind_param::<Nullable<SqlUuid>, Option<Uuid>>(&node.parent_id)?;
        out.push_sql(" AND folder.drive_id = ");
        out.push_bind_param::<SqlUuid, Uuid>(&node.drive_id)?;
        out.push_sql(" AND folder.kind = 'folder' AND folder.trash_id IS NULL)");
        for key in taken {
            out.push_sql(" AND EXISTS (SELECT FROM nodes AS entry WHERE entry.parent_id = ");
            out.push_bind_param::<Nullable<SqlUuid>, Option<Uuid>>(&node.parent_id)?;
            out.push_sql(" AND entry.name_search = ");
            out.push_bind_param::<Text, String>(key)?;
            out.push_sql(")");
        }
        out.push_sql(" ON CONFLICT (parent_id, name_search) DO NOTHING");
        Ok(())
    }
}

fn begin(out: &mut AstPass<'_, '_, Pg>, rows: &str) {
    out.push_sql("INSERT INTO nodes (");
    out.push_sql(COLUMNS);
    out.push_sql(") ");
    out.push_sql(rows);
}

macro_rules! cached_by_text {
    ($($insert:ty),+) => {
        $(
            /// It is cached by its text.
            impl QueryId for $insert {
                type QueryId = ();

                const HAS_STATIC_QUERY_ID: bool = false;
            }
        )+
    };
}

cached_by_text!(NewNodes, PlacedNode);
