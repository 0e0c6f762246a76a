// A small C interface to simdjson's DOM parser: parses whole documents and delivers rows in chunks of cells, without a
// call per value.
//
// It does not validate values. The caller does, and calls `flow_json_locate` to describe an invalid one.

#ifndef FLOW_JSON_H
#define FLOW_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FLOW_JSON_CLOSED __attribute__((enum_extensibility(closed)))
#define FLOW_JSON_NAME(name) __attribute__((swift_name(#name)))

/// A parser and the last document that it parsed. Not thread-safe.
typedef struct flow_json_parser flow_json_parser;

/// The result at the end of a path.
typedef enum FLOW_JSON_CLOSED flow_json_kind {
  /// The last member, index or element is missing; everything before it exists.
  FLOW_JSON_ABSENT FLOW_JSON_NAME(absent),
  /// Something before the last component is missing.
  FLOW_JSON_PARENT_ABSENT FLOW_JSON_NAME(parentAbsent),
  /// null, at the end or before.
  FLOW_JSON_NULL FLOW_JSON_NAME(null),
  /// bits: an int64_t.
  FLOW_JSON_INTEGER FLOW_JSON_NAME(integer),
  /// bits: a uint64_t above INT64_MAX.
  FLOW_JSON_NATURAL FLOW_JSON_NAME(natural),
  /// bits: a double.
  FLOW_JSON_REAL FLOW_JSON_NAME(real),
  /// bits: the address of `length` bytes of UTF-8, valid until the next parse.
  FLOW_JSON_TEXT FLOW_JSON_NAME(text),
  /// bits: 0 or 1.
  FLOW_JSON_BOOLEAN FLOW_JSON_NAME(boolean),
  FLOW_JSON_LIST FLOW_JSON_NAME(list),
  FLOW_JSON_OBJECT FLOW_JSON_NAME(object),
  /// An object with year, month and day, if the column accepts one. bits: year << 16 | month << 8 | day.
  FLOW_JSON_CIVIL_DATE FLOW_JSON_NAME(civilDate),
  /// A value on the path has a different type from what the component needs.
  FLOW_JSON_UNFIT FLOW_JSON_NAME(unfit),
  /// A member on the path occurs more than once.
  FLOW_JSON_TWICE FLOW_JSON_NAME(twice),
  /// The path leads above the root.
  FLOW_JSON_OUTSIDE FLOW_JSON_NAME(outside),
  /// A list on the path has elements, but not the selected one.
  FLOW_JSON_UNMATCHED FLOW_JSON_NAME(unmatched),
} flow_json_kind;

typedef struct {
  uint64_t bits;
  uint32_t length;
  flow_json_kind kind;
} flow_json_cell;

typedef enum FLOW_JSON_CLOSED flow_json_step_kind {
  /// A member of an object, by name.
  FLOW_JSON_STEP_MEMBER FLOW_JSON_NAME(member),
  /// An element of a list by `index`; in an object, the member of that name.
  FLOW_JSON_STEP_INDEX FLOW_JSON_NAME(index),
  /// The element of a list whose member `name` (`a.b`: a nested member) equals the text `equals`, or the row's value in
  /// `column`. A date as an object is compared as yyyy-MM-dd. Two matches are an error, and so is a non-empty list
  /// without a match unless it `may_be_unmatched`.
  FLOW_JSON_STEP_ELEMENT FLOW_JSON_NAME(element),
  /// Every element of a list; only in the path of the rows.
  FLOW_JSON_STEP_EACH FLOW_JSON_NAME(each),
} flow_json_step_kind;

/// A component of a path. Texts are ranges in the `names` of the plan.
typedef struct {
  flow_json_step_kind kind;
  uint32_t name;
  uint32_t name_length;
  uint32_t equals;
  uint32_t equals_length;
  uint64_t index;
  /// For an element: the plan's column whose text is compared instead of `equals`; FLOW_JSON_NO_COLUMN: none.
  uint32_t column;
  /// For an element: a list without a match is treated like an empty one.
  bool may_be_unmatched;
} flow_json_step;

#define FLOW_JSON_NO_COLUMN UINT32_MAX

typedef struct {
  uint32_t first_step;
  uint32_t step_count;
  /// From the document's root instead of the row.
  bool from_root;
  /// An object with year, month and day gives FLOW_JSON_CIVIL_DATE.
  bool takes_civil_date;
  /// The number of enclosing objects to go up from the row first.
  uint32_t enclosing;
} flow_json_column;

/// A form of an object that declares that there are no rows: it lacks the next member on the path to the rows.
typedef struct {
  /// The number of the rows' steps that lead to it.
  uint32_t depth;
  /// It has no members besides `only`.
  bool is_closed;
  /// Texts in the names of the plan: first the members that it may have, then those that it must have.
  const flow_json_step *members;
  uint32_t only_count;
  uint32_t has_count;
} flow_json_empty_form;

/// The paths of the rows and their columns. The steps of the rows come first in `steps`. Borrowed for the duration of a
/// call.
typedef struct {
  const uint8_t *names;
  const flow_json_step *steps;
  uint32_t row_step_count;
  /// A missing or null list or object yields no rows; otherwise it is an error unless the enclosing object has one of
  /// the forms.
  bool rows_may_be_absent;
  const flow_json_empty_form *empty_forms;
  uint32_t empty_form_count;
  const flow_json_column *columns;
  uint32_t column_count;
} flow_json_plan;

/// A location in the document: an RFC 6901 pointer and the value there. Valid until the next call with the same parser.
typedef struct {
  const char *pointer;
  size_t pointer_length;
  flow_json_cell cell;
} flow_json_location;

typedef enum FLOW_JSON_CLOSED flow_json_status {
  FLOW_JSON_DONE FLOW_JSON_NAME(done),
  /// The sink returned false.
  FLOW_JSON_STOPPED FLOW_JSON_NAME(stopped),
  /// The rows are missing; `offence` describes what was found.
  FLOW_JSON_NO_ROWS FLOW_JSON_NAME(noRows),
} flow_json_status;

/// Receives `count` rows: row r of column c is `cells[c * capacity + r]`. `remaining` is a lower bound of the rows that
/// follow in the same list. Returns false to stop.
typedef bool (*flow_json_sink)(void *context, size_t count, size_t remaining);

/// NULL when out of memory.
flow_json_parser *flow_json_parser_make(void);
void flow_json_parser_free(flow_json_parser *parser);
/// The size of the largest document that fits the parser's buffer, in bytes.
size_t flow_json_parser_capacity(const flow_json_parser *parser);

/// Parses a copy of the whole document. Returns NULL, or why it is not a complete JSON document (a constant text).
const char *flow_json_parse(flow_json_parser *parser, const uint8_t *bytes, size_t length);

/// Walks the rows of the parsed document in order and fills `cells` (`capacity` × columns) chunk by chunk.
flow_json_status flow_json_rows(
  flow_json_parser *parser, const flow_json_plan *plan, flow_json_cell *cells, size_t capacity, void *context,
  flow_json_sink sink, flow_json_location *offence);

/// Finds column `column` of row `row` (from 0, in document order) again, or where the path to it ends.
void flow_json_locate(
  flow_json_parser *parser, const flow_json_plan *plan, uint64_t row, uint32_t column, flow_json_location *location);

/// A rule for the elements at the rows' path of a plan: of members that are objects or lists, only these are allowed,
/// and at least one element must have the value.
typedef struct {
  const flow_json_plan *elements;
  /// Texts in the names of the plan: first the value, then `beside_count` members that may accompany it, then those
  /// that an element without the value may have.
  const flow_json_step *members;
  uint32_t beside_count;
  /// An element without the value counts as empty and must not have members besides the last `empty_count`.
  bool may_be_empty;
  uint32_t empty_count;
  /// All elements may lack the value.
  bool may_lack;
} flow_json_point_rule;

typedef enum FLOW_JSON_CLOSED flow_json_points {
  FLOW_JSON_POINTS_FIT FLOW_JSON_NAME(fit),
  /// An object or list that is not allowed.
  FLOW_JSON_POINTS_OTHER FLOW_JSON_NAME(other),
  /// An element that is not an object.
  FLOW_JSON_POINTS_NO_OBJECT FLOW_JSON_NAME(noObject),
  /// An element without the value has other members.
  FLOW_JSON_POINTS_NOT_EMPTY FLOW_JSON_NAME(notEmpty),
  /// There are elements, but none has the value.
  FLOW_JSON_POINTS_NONE FLOW_JSON_NAME(none),
} flow_json_points;

/// Whether every element satisfies the rule. If not, `offence` is the first violation.
flow_json_points flow_json_points_fit(flow_json_parser *parser, const flow_json_point_rule *rule, flow_json_location *offence);

/// Follows one path from the root.
flow_json_cell flow_json_value(
  flow_json_parser *parser, const uint8_t *names, const flow_json_step *steps, uint32_t step_count);

#ifdef __cplusplus
}
#endif

#endif
