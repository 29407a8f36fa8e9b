// Every kernel of this machine against the plain one: the best bounds of blocks for one query and for several, and the
// estimates and slacks of a block's rows.
// For an instruction set that is not here, on Debian with g++-aarch64-linux-gnu and qemu-user:
//   aarch64-linux-gnu-g++ -std=c++17 -O3 -static -Inative tests/native/kernels.cpp -o kernels && qemu-aarch64 kernels
#include <cmath>
#include <cstdio>
#include <random>

#include "kernels.hpp"

using namespace srec;

namespace {

bool near(float found, float wanted) {
    if (found == kDone || wanted == kDone) return std::max(found, wanted) < 0.1f;  // just above the threshold, 0
    return std::fabs(found - wanted) <= 1e-5f * (1 + std::fabs(wanted));
}

struct Tops {
    std::vector<float> of[kTile];
    float* pointers[kTile];

    Tops(int64_t blocks, float start) {
        for (int one = 0; one < kTile; ++one) {
            of[one].resize(blocks, start);
            pointers[one] = of[one].data();
        }
    }
};

}  // namespace

int main() {
    std::mt19937 random(0);
    const std::vector<Kernel> every = kernels();
    const Kernel& plain = every.back();
    for (int turn = 0; turn < 3000; ++turn) {
        const int pairs = 1 + random() % 50;
        const int64_t blocks = 1 + random() % 4;
        std::vector<uint8_t> upper(blocks * pairs * kWide), lower(upper.size());
        for (uint8_t& byte : upper) byte = random();
        for (uint8_t& byte : lower) byte = random();
        std::vector<float> scales(blocks * kRows), fine(scales.size()), coarse(scales.size()), along(scales.size());
        std::vector<float> norms(blocks);
        for (float& scale : scales) scale = (random() % 1000) / 1000.0f;
        for (size_t row = 0; row < fine.size(); ++row) coarse[row] = 2 * (fine[row] = (random() % 1000) / 10.0f);
        for (float& share : along) share = (int(random() % 2001) - 1000) / 100.0f;
        for (float& norm : norms) norm = (random() % 1000) / 10.0f;
        Index index{};
        index.upper = upper.data(), index.lower = lower.data(), index.blocks = blocks, index.pairs = pairs;
        index.scales = scales.data(), index.fine = fine.data(), index.coarse = coarse.data();
        index.along = along.data(), index.norms = norms.data();
        std::vector<int8_t> codes[kTile];
        Query queries[kTile];
        const Query* pointers[kTile];
        for (int one = 0; one < kTile; ++one) {
            codes[one].resize(pairs * kPair);
            queries[one] = {codes[one].data(), 0, 1.0f + random() % 100, (random() % 1000) / 100.0f,
                            (random() % 1000) / 10.0f, int(random() % 201) - 100.0f, 0.0f};
            for (int8_t& code : codes[one]) queries[one].sum += code = int(random() % 255) - 127;
            pointers[one] = &queries[one];
        }
        const float start = turn % 5 ? 1.0f : -1.0f;  // below the threshold, where it shall stay
        Tops wanted(blocks, start);
        plain.tops_tile(index, 0, blocks, pointers, wanted.pointers);
        for (const Kernel& kernel : every) {
            Tops together(blocks, start), alone(blocks, start);
            kernel.tops_tile(index, 0, blocks, pointers, together.pointers);
            for (int one = 0; one < kTile; ++one)
                kernel.tops(index, 0, blocks, pointers + one, alone.pointers + one);
            float estimates[2][kRows], slacks[2][kRows];
            for (int64_t block = 0; block < blocks; ++block) {
                const Query& query = queries[turn % kTile];
                plain.open(index, block, query, estimates[0], slacks[0]);
                kernel.open(index, block, query, estimates[1], slacks[1]);
                bool same = true;
                for (int row = 0; row < kRows; ++row)
                    same &= near(estimates[1][row], estimates[0][row]) && near(slacks[1][row], slacks[0][row]);
                for (int one = 0; one < kTile; ++one)
                    same &= near(together.of[one][block], wanted.of[one][block]) &&
                            together.of[one][block] == alone.of[one][block] &&
                            (together.of[one][block] == start) == (start < 0);
                if (!same) return std::puts(kernel.name), 1;
            }
        }
    }
    for (const Kernel& kernel : every) std::printf("%s ", kernel.name);
    std::puts("agree with plain");
}
