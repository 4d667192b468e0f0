-- What is painted of a picture until its thumbnail is there: a ThumbHash. Null in thumbnails that were made before.
ALTER TABLE nodes ADD COLUMN thumbnail_placeholder bytea;
