ALTER TABLE nodes DROP COLUMN thumbnail_placeholder;
