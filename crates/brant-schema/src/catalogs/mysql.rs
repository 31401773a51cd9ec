//! MySQL and MariaDB: `information_schema` of the current database.
//!
//! The comments with versions are read by one of the two servers each: MariaDB tells the table of a check beside it, MySQL,
//! which has checks since 8.0.16, tells it among the constraints of tables. Definers and privileges are left out.

use super::{Catalog, one};

pub(super) static CATALOG: Catalog = Catalog { dialect: "mysql", query: QUERY, objects: one };

const QUERY: &str = r"
SELECT CASE table_type WHEN 'SEQUENCE' THEN 'sequence' ELSE 'table' END, NULL, NULL, table_name,
    CONCAT_WS(' ', CONCAT('ENGINE ', engine), CONCAT('COLLATE ', table_collation), NULLIF(create_options, ''))
FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type NOT IN ('VIEW', 'SYSTEM VIEW')
UNION ALL
SELECT 'column', NULL, c.table_name, c.column_name, CONCAT_WS(' ',
    c.column_type, CONCAT('COLLATE ', c.collation_name), CASE c.is_nullable WHEN 'NO' THEN 'NOT NULL' END,
    CONCAT('DEFAULT ', NULLIF(c.column_default, 'NULL')), NULLIF(c.extra, ''),
    CONCAT('AS ', NULLIF(c.generation_expression, '')))
FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE'
UNION ALL
SELECT 'index', NULL, table_name, index_name, CONCAT_WS(' ',
    CASE MIN(non_unique) WHEN 0 THEN 'UNIQUE' END, MIN(index_type),
    CONCAT('(', GROUP_CONCAT(CONCAT_WS(' ', column_name, CONCAT('FIRST ', sub_part), CASE collation WHEN 'D' THEN 'DESC' END)
                             ORDER BY seq_in_index SEPARATOR ', '), ')'))
FROM information_schema.statistics WHERE table_schema = DATABASE() GROUP BY table_name, index_name
UNION ALL
SELECT 'foreign key', NULL, k.table_name, k.constraint_name, CONCAT(
    '(', GROUP_CONCAT(k.column_name ORDER BY k.ordinal_position SEPARATOR ', '), ') REFERENCES ',
    MIN(k.referenced_table_name),
    ' (', GROUP_CONCAT(k.referenced_column_name ORDER BY k.ordinal_position SEPARATOR ', '), ')',
    ' ON UPDATE ', MIN(r.update_rule), ' ON DELETE ', MIN(r.delete_rule))
FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
    ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
WHERE k.table_schema = DATABASE() AND k.referenced_table_name IS NOT NULL GROUP BY k.table_name, k.constraint_name
UNION ALL
SELECT 'view', NULL, NULL, table_name, REPLACE(view_definition, CONCAT('`', DATABASE(), '`.'), '') FROM information_schema.views WHERE table_schema = DATABASE()
UNION ALL
SELECT 'trigger', NULL, event_object_table, trigger_name,
    CONCAT_WS(' ', action_timing, event_manipulation, action_statement)
FROM information_schema.triggers WHERE trigger_schema = DATABASE()
UNION ALL
SELECT LOWER(r.routine_type), NULL, NULL, r.routine_name, CONCAT_WS(' ',
    CONCAT('(', (SELECT GROUP_CONCAT(CONCAT_WS(' ', p.parameter_mode, p.parameter_name, p.dtd_identifier)
                                     ORDER BY p.ordinal_position SEPARATOR ', ')
                 FROM information_schema.parameters p
                 WHERE p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name
                   AND p.routine_type = r.routine_type AND p.ordinal_position > 0), ')'),
    CONCAT('RETURNS ', NULLIF(r.dtd_identifier, '')), r.routine_definition)
FROM information_schema.routines r WHERE r.routine_schema = DATABASE()
UNION ALL
SELECT 'event', NULL, NULL, event_name,
    CONCAT_WS(' ', event_type, execute_at, interval_value, interval_field, status, event_definition)
FROM information_schema.events WHERE event_schema = DATABASE()
/*!80016 UNION ALL
SELECT 'check', NULL, t.table_name, c.constraint_name, c.check_clause
FROM information_schema.check_constraints c JOIN information_schema.table_constraints t
    ON t.constraint_schema = c.constraint_schema AND t.constraint_name = c.constraint_name
WHERE c.constraint_schema = DATABASE() AND t.constraint_type = 'CHECK' */
/*M!100221 UNION ALL
SELECT 'check', NULL, table_name, constraint_name, check_clause
FROM information_schema.check_constraints WHERE constraint_schema = DATABASE() */
";
