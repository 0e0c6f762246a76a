// Paths through a parsed document.

#ifndef FLOW_JSON_DOCUMENT_HPP
#define FLOW_JSON_DOCUMENT_HPP

#include "CSimdJSON.h"

#include <memory>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <vector>

struct flow_json_parser {
  simdjson::dom::parser parser;
  /// The document with simdjson's padding behind it; strings are copied by the parser, so it is free after a parse.
  std::unique_ptr<uint8_t[]> bytes;
  size_t capacity = 0;
  simdjson::dom::element root;
  /// The pointer of the last location handed out.
  std::string pointer;
};

namespace flow_json {

using simdjson::dom::element;
using simdjson::dom::element_type;

/// The way from the root, kept as references: rendered only for an offence.
class Trail {
public:
  void push(std::string_view name) { crumbs.push_back({name, 0, false, false}); }
  void push(size_t index) { crumbs.push_back({{}, index, true, false}); }
  void push_selector(std::string_view member) { crumbs.push_back({member, 0, false, true}); }
  void pop() { crumbs.pop_back(); }
  void set_last(size_t index) { crumbs.back().index = index; }
  size_t depth() const { return crumbs.size(); }
  void cut(size_t depth) { crumbs.resize(depth); }
  /// RFC 6901; a selector that found nothing is shown as `[member]`.
  std::string text() const;

private:
  struct Crumb {
    std::string_view name;
    size_t index;
    bool is_index;
    bool is_selector;
  };
  std::vector<Crumb> crumbs;
};

/// Knows the texts that a row has in other columns.
class RowTexts {
public:
  /// False where the column has no text there.
  virtual bool text_of(uint32_t column, std::string &text) const = 0;
  virtual ~RowTexts() = default;
};

/// A path and where it starts.
struct Way {
  element start;
  const flow_json_step *steps;
  uint32_t count;
  /// A null at the start is an offence (a row), not a NULL.
  bool starts_at_row;
  /// For selectors that refer to a column; NULL where there is no row.
  const RowTexts *texts = nullptr;
};

enum class Presence { here, absent, unfit, twice, unmatched };

/// One component from `at`. `next` is set when it is here, and to the offender when something is unfit.
/// Not for FLOW_JSON_STEP_EACH.
Presence step(const uint8_t *names, const flow_json_step &step, element at, element &next, Trail *trail,
              const RowTexts *texts = nullptr);

/// What a text or a date as an object says; false for anything else.
bool text_in(element value, std::string &text);

/// Follows a path. True when its end is there; otherwise `why` tells and `end` is the last element on the way.
bool follow(const uint8_t *names, const Way &way, element &end, flow_json_kind &why, Trail *trail);

flow_json_cell cell_of(element value, bool takes_civil_date);

inline std::string_view text(const uint8_t *names, uint32_t offset, uint32_t length) {
  return {reinterpret_cast<const char *>(names) + offset, length};
}

/// Members' names are short: a call of memcmp costs more than it compares.
inline bool is_same(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  for (size_t index = 0; index < left.size(); index++) {
    if (left[index] != right[index]) return false;
  }
  return true;
}

}  // namespace flow_json

#endif
