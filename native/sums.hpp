// What the games that a visitor names add to the scores: a vector for all rows, and numbers for a few of them.
// docs/exactness.md, section 4, says why these are the same in any order and on any machine.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "search.hpp"

namespace srec {

constexpr int kSteps = 23;  // bits of the largest number that the vector can have
constexpr int kFinest = -149;  // the exponent of the smallest float

struct Sums {
    const int64_t* offsets;  // [count + 1]
    const int32_t* ids;      // ascending in a row
    const float* values;
    const float* inputs;  // [count][own]
    const float* items;   // [count][dimension]: the numbers beside the inputs', then those that all visitors share
    int64_t count, own, dimension;
};

// The games that a visitor names, the lowest row first.
class Named {
  public:
    Named(const Sums& sums, const std::vector<int64_t>& rows, const std::vector<double>& shares)
        : sums_(sums), order_(rows.size()) {
        std::iota(order_.begin(), order_.end(), 0);
        std::sort(order_.begin(), order_.end(), [&rows](size_t one, size_t other) { return rows[one] < rows[other]; });
        float largest = 0;
        double whole = 0;
        for (const size_t at : order_) {
            rows_.push_back(rows[at]);
            shares_.push_back(static_cast<float>(shares[at]));
            whole += std::fabs(shares_.back());
            const float* input = sums.inputs + rows[at] * sums.own;
            for (int64_t one = 0; one < sums.own; ++one) largest = std::max(largest, std::fabs(input[one]));
            const int64_t begin = sums.offsets[rows[at]], numbers = sums.offsets[rows[at] + 1] - begin;
            fetch(sums.ids + begin, numbers * sizeof(int32_t));
            fetch(sums.values + begin, numbers * sizeof(float));
        }
        int exponent;
        std::frexp(whole * largest, &exponent);
        const double step = std::ldexp(1.0, std::max(exponent - kSteps, kFinest));
        vectors_.resize(rows_.size() * sums.dimension);
        for (size_t at = 0; at < rows_.size(); ++at)
            for (int64_t one = 0; one < sums.own; ++one) {
                const double part = double(shares_[at]) * double(sums.inputs[rows_[at] * sums.own + one]);
                vectors_[at * sums.dimension + one] = static_cast<float>(std::nearbyint(part / step) * step);
            }
    }

    // The vector of all named games; sums of whole steps, which are exact. The weights of what all visitors share follow.
    void vector(const std::vector<float>& common, float* whole) const {
        std::fill(whole, whole + sums_.dimension, 0.0f);
        for (size_t at = 0; at < rows_.size(); ++at)
            for (int64_t one = 0; one < sums_.dimension; ++one) whole[one] += vectors_[at * sums_.dimension + one];
        std::copy(common.begin(), common.end(), whole + sums_.own);
    }

    // The rows that the liked games have numbers for, ascending, and the sums of these numbers.
    void add_up(std::vector<int64_t>& rows, std::vector<double>& totals) const {
        std::vector<uint64_t> marks((sums_.count + 63) / 64);
        for (size_t named = 0; named < rows_.size(); ++named) {
            if (!liked(named)) continue;
            for (int64_t at = sums_.offsets[rows_[named]]; at < sums_.offsets[rows_[named] + 1]; ++at) {
                const int32_t id = sums_.ids[at];
                marks[id >> 6] |= uint64_t(1) << (id & 63);
            }
        }
        std::vector<int32_t> before(marks.size());
        int32_t found = 0;
        for (size_t word = 0; word < marks.size(); ++word) {
            before[word] = found;
            for (uint64_t left = marks[word]; left; left &= left - 1, ++found)
                rows.push_back(int64_t(word) * 64 + bits((left & -left) - 1));
        }
        totals.assign(found, 0.0);
        for (size_t named = 0; named < rows_.size(); ++named) {
            if (!liked(named)) continue;
            const double share = shares_[named];
            for (int64_t at = sums_.offsets[rows_[named]]; at < sums_.offsets[rows_[named] + 1]; ++at) {
                const int32_t id = sums_.ids[at], word = id >> 6;
                const uint64_t lower = marks[word] & ((uint64_t(1) << (id & 63)) - 1);
                totals[before[word] + bits(lower)] += share * double(sums_.values[at]);
            }
        }
    }

    // The part of each named game, in the order in which they were given, in the score of a row.
    void parts(int64_t row, double* parts) const {
        for (size_t at = 0; at < rows_.size(); ++at) {
            double& part = parts[order_[at]];
            part = score(vectors_.data() + at * sums_.dimension, sums_.items + row * sums_.dimension, sums_.dimension);
            if (!liked(at)) continue;
            const int32_t *first = sums_.ids + sums_.offsets[rows_[at]],
                          *last = sums_.ids + sums_.offsets[rows_[at] + 1],
                          *place = std::lower_bound(first, last, row);
            if (place < last && *place == row) part += double(shares_[at]) * double(sums_.values[place - sums_.ids]);
        }
    }

  private:
    // Sparse numbers tell whose players a game shares, which is no reason against a game if that one is disliked.
    bool liked(size_t named) const { return shares_[named] > 0; }

    static int32_t bits(uint64_t word) {
        word -= word >> 1 & 0x5555555555555555;
        word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
        return static_cast<int32_t>(((word + (word >> 4)) & 0x0F0F0F0F0F0F0F0F) * 0x0101010101010101 >> 56);
    }

    const Sums& sums_;
    std::vector<size_t> order_;  // the place of each where they were given
    std::vector<int64_t> rows_;
    std::vector<float> shares_, vectors_;  // the vectors have 0 for what all visitors share
};

}  // namespace srec
