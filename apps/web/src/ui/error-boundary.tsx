import { Component, type ReactNode } from 'react';
import { LoadProblem } from './states';

/** A page that breaks shows what broke and leaves the frame standing. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return <LoadProblem error={this.state.error} retry={() => this.setState({ error: null })} />;
  }
}
