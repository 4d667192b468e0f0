-- What is painted of a picture until its thumbnail is there: a ThumbHash. Null in thumbnails that were made before. A CHECK would be tested
-- on all rows while nothing else is written: readers refuse what is no hash.
ALTER TABLE nodes ADD COLUMN thumbnail_placeholder BLOB;
