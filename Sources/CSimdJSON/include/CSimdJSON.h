// A small C face over simdjson's DOM parser: whole documents only, and rows in chunks of cells without a call per value.
//
// Nothing here judges a value: the caller does, and asks `flow_json_locate` for the words when it objects.

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

/// A parser and the last document that it parsed. For one thread at a time.
typedef struct flow_json_parser flow_json_parser;

/// What stands at the end of a path.
typedef enum FLOW_JSON_CLOSED flow_json_kind {
  /// The last member, index or element is not there; all before it are.
  FLOW_JSON_ABSENT FLOW_JSON_NAME(absent),
  /// Something before the last component is not there.
  FLOW_JSON_PARENT_ABSENT FLOW_JSON_NAME(parentAbsent),
  /// null, at the end or on the way.
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
  /// An object with year, month and day, where the column takes one. bits: year << 16 | month << 8 | day.
  FLOW_JSON_CIVIL_DATE FLOW_JSON_NAME(civilDate),
  /// A component on the way is neither object nor list as the path needs it.
  FLOW_JSON_UNFIT FLOW_JSON_NAME(unfit),
  /// A member on the way is there more than once.
  FLOW_JSON_TWICE FLOW_JSON_NAME(twice),
  /// The path leaves the document upwards.
  FLOW_JSON_OUTSIDE FLOW_JSON_NAME(outside),
  /// A list on the way has elements, but not the one that is meant.
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
  /// An element of a list by `index`; where the document has an object, the member of that name.
  FLOW_JSON_STEP_INDEX FLOW_JSON_NAME(index),
  /// The one element of a list whose member `name` (`a.b`: a member of a member) is the text `equals`, or what the row has in
  /// `column`. A date as an object is compared as yyyy-MM-dd. Two of them are an offence, and so is none among others unless it
  /// `may_be_unmatched`.
  FLOW_JSON_STEP_ELEMENT FLOW_JSON_NAME(element),
  /// Every element of a list; in the path of the rows only.
  FLOW_JSON_STEP_EACH FLOW_JSON_NAME(each),
} flow_json_step_kind;

/// A component of a path. Texts are places in the `names` of the plan.
typedef struct {
  flow_json_step_kind kind;
  uint32_t name;
  uint32_t name_length;
  uint32_t equals;
  uint32_t equals_length;
  uint64_t index;
  /// Of an element: the plan's column whose text is compared, instead of `equals`; FLOW_JSON_NO_COLUMN: none.
  uint32_t column;
  /// Of an element: a list without it lacks it, as an empty one does.
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
  /// How many enclosing objects to go up from the row first.
  uint32_t enclosing;
} flow_json_column;

/// What an object looks like that has no rows and says so: it lacks the next member on the way to the rows.
typedef struct {
  /// How many of the rows' steps lead to it.
  uint32_t depth;
  /// It holds nothing but the members of `only`.
  bool is_closed;
  /// Texts in the names of the plan: first what it may hold, then what it must hold.
  const flow_json_step *members;
  uint32_t only_count;
  uint32_t has_count;
} flow_json_empty_form;

/// Where the rows are and what each has. The steps of the rows come first in `steps`. Borrowed for the length of a call.
typedef struct {
  const uint8_t *names;
  const flow_json_step *steps;
  uint32_t row_step_count;
  /// A missing list or object, or null, gives no row; otherwise it is an offence, unless what lacks it has one of the forms.
  bool rows_may_be_absent;
  const flow_json_empty_form *empty_forms;
  uint32_t empty_form_count;
  const flow_json_column *columns;
  uint32_t column_count;
} flow_json_plan;

/// A place in the document: an RFC 6901 pointer and what stands there. Valid until the next call with the same parser.
typedef struct {
  const char *pointer;
  size_t pointer_length;
  flow_json_cell cell;
} flow_json_location;

typedef enum FLOW_JSON_CLOSED flow_json_status {
  FLOW_JSON_DONE FLOW_JSON_NAME(done),
  /// The sink wanted no more.
  FLOW_JSON_STOPPED FLOW_JSON_NAME(stopped),
  /// There are no rows where they should be; `offence` says what is there.
  FLOW_JSON_NO_ROWS FLOW_JSON_NAME(noRows),
} flow_json_status;

/// Takes `count` rows: cell of row r in column c is `cells[c * capacity + r]`. `remaining`: rows of the same list that follow at least.
/// Returns false to stop.
typedef bool (*flow_json_sink)(void *context, size_t count, size_t remaining);

/// NULL when out of memory.
flow_json_parser *flow_json_parser_make(void);
void flow_json_parser_free(flow_json_parser *parser);
/// Bytes of the longest document that the parser has room for.
size_t flow_json_parser_capacity(const flow_json_parser *parser);

/// Parses a copy of the whole document. NULL, or the reason why it is no whole JSON document (a constant text).
const char *flow_json_parse(flow_json_parser *parser, const uint8_t *bytes, size_t length);

/// Walks the rows of the parsed document in order and fills `cells` (`capacity` × columns), chunk by chunk.
flow_json_status flow_json_rows(
  flow_json_parser *parser, const flow_json_plan *plan, flow_json_cell *cells, size_t capacity, void *context,
  flow_json_sink sink, flow_json_location *offence);

/// Finds again where column `column` of row `row` (from 0, in document order) is, or where the way to it ends.
void flow_json_locate(
  flow_json_parser *parser, const flow_json_plan *plan, uint64_t row, uint32_t column, flow_json_location *location);

/// A rule for the elements that the rows' path of a plan leads to: of members that are objects or lists, only these may be there, and
/// at least one element has the value.
typedef struct {
  const flow_json_plan *elements;
  /// Texts in the names of the plan; the first is the value, `beside_count` others may stand beside it, then come those that an element
  /// without the value may hold.
  const flow_json_step *members;
  uint32_t beside_count;
  /// An element without the value is empty, and holds nothing but the last `empty_count` members.
  bool may_be_empty;
  uint32_t empty_count;
  /// Elements may lack the value, all of them.
  bool may_lack;
} flow_json_point_rule;

typedef enum FLOW_JSON_CLOSED flow_json_points {
  FLOW_JSON_POINTS_FIT FLOW_JSON_NAME(fit),
  /// An object or a list that must not be there.
  FLOW_JSON_POINTS_OTHER FLOW_JSON_NAME(other),
  /// An element that is no object.
  FLOW_JSON_POINTS_NO_OBJECT FLOW_JSON_NAME(noObject),
  /// An element without the value holds something else.
  FLOW_JSON_POINTS_NOT_EMPTY FLOW_JSON_NAME(notEmpty),
  /// There are elements, and none has the value.
  FLOW_JSON_POINTS_NONE FLOW_JSON_NAME(none),
} flow_json_points;

/// Says whether every element keeps to the rule. If not, `offence` is the first place that does not.
flow_json_points flow_json_points_fit(flow_json_parser *parser, const flow_json_point_rule *rule, flow_json_location *offence);

/// Follows one path from the root.
flow_json_cell flow_json_value(
  flow_json_parser *parser, const uint8_t *names, const flow_json_step *steps, uint32_t step_count);

#ifdef __cplusplus
}
#endif

#endif
