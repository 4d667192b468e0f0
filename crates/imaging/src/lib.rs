//! Thumbnails of pictures, safe on hostile input.
