// The tags that recommended items have in common with the liked ones.

#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace srec {

struct Tags {
    const int64_t* offsets;  // [items + 1]; item 0 is the padding
    const int32_t* ids;
    const float* weights;
    int64_t items;  // with the padding
    int32_t count;
};

// The tags that items and the liked ones have, by the product of both weights; of equal ones the first one first.
class Common {
  public:
    Common(const Tags& tags, const std::vector<int64_t>& liked) : tags_(tags), theirs_(tags.count, -1.0f) {
        for (const int64_t item : liked)
            for (int64_t at = tags.offsets[item]; at < tags.offsets[item + 1]; ++at)
                theirs_[tags.ids[at]] = std::max(theirs_[tags.ids[at]], tags.weights[at]);
    }

    // The heaviest of an item. Its place among all items is part of the numbers to sort by, as it is in NumPy's way: so
    // both round alike.
    std::vector<int32_t> of(int64_t item, int64_t place, size_t most) {
        found_.clear();
        for (int64_t at = tags_.offsets[item]; at < tags_.offsets[item + 1]; ++at) {
            const float theirs = theirs_[tags_.ids[at]];
            if (theirs >= 0) found_.push_back({2.0 * place - double(tags_.weights[at]) * double(theirs), tags_.ids[at]});
        }
        std::stable_sort(found_.begin(), found_.end(),
                         [](const auto& one, const auto& other) { return one.first < other.first; });
        std::vector<int32_t> best(std::min(most, found_.size()));
        for (size_t at = 0; at < best.size(); ++at) best[at] = found_[at].second;
        return best;
    }

  private:
    const Tags& tags_;
    std::vector<float> theirs_;
    std::vector<std::pair<double, int32_t>> found_;
};

}  // namespace srec
