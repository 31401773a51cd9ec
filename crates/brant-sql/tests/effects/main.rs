//! What is known of locks, tried on real servers, and what others believed of them.

mod mariadb;
mod myths;
mod postgres;
mod sqlite;
mod support;
