ALTER TABLE uploads DROP COLUMN charset_check;
ALTER TABLE files DROP COLUMN charset;
