#include "CSimdJSON.h"
#include "Document.hpp"

#include <cstring>
#include <new>

using namespace flow_json;

namespace {

/// Rounds the capacity up, so that documents of similar size share a buffer.
constexpr size_t capacity_step = 64 * 1024;

bool make_room(flow_json_parser &self, size_t length) {
  if (self.bytes && length <= self.capacity) return true;
  const size_t capacity = (length / capacity_step + 1) * capacity_step;
  self.bytes.reset(new (std::nothrow) uint8_t[capacity + simdjson::SIMDJSON_PADDING]);
  self.capacity = self.bytes ? capacity : 0;
  return self.bytes != nullptr;
}

}  // namespace

flow_json_parser *flow_json_parser_make(void) { return new (std::nothrow) flow_json_parser(); }

void flow_json_parser_free(flow_json_parser *parser) { delete parser; }

size_t flow_json_parser_capacity(const flow_json_parser *parser) { return parser->capacity; }

const char *flow_json_parse(flow_json_parser *parser, const uint8_t *bytes, size_t length) {
  if (!make_room(*parser, length)) return simdjson::error_message(simdjson::MEMALLOC);
  if (length > 0) std::memcpy(parser->bytes.get(), bytes, length);
  std::memset(parser->bytes.get() + length, ' ', simdjson::SIMDJSON_PADDING);
  const auto error = parser->parser.parse(parser->bytes.get(), length, false).get(parser->root);
  return error ? simdjson::error_message(error) : nullptr;
}

flow_json_cell flow_json_value(
  flow_json_parser *parser, const uint8_t *names, const flow_json_step *steps, uint32_t step_count) {
  element end;
  flow_json_kind why;
  const bool is_here = follow(names, {parser->root, steps, step_count, false}, end, why, nullptr);
  return is_here ? cell_of(end, false) : flow_json_cell{0, 0, why};
}
